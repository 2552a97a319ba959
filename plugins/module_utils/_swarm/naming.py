# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names the engine accepts, and how a version of a logical secret is called. Pure."""

from __future__ import annotations

import re

MAX_NAME_LENGTH = 64
"""Of a secret's name; swarmkit, ``manager/controlapi/common.go``."""

# The same language as swarmkit's isValidConfigOrSecretName, written so that it cannot backtrack.
_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?")

MAX_ID = 2**32 - 2
"""Of a user or group; the number above it means "leave it as it is" to Linux (``chown(2)``)."""

# One spelling each: a leading zero is octal to YAML and decimal to the engine.
_ID = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)


def version_name(logical: str, number: int) -> str:
    """Return the Swarm name of one version of a logical secret."""
    return f"{logical}_v{number}"


def last_number(logical: str) -> int:
    """Return the highest number of a version for which the name has room."""
    return int(10 ** max(MAX_NAME_LENGTH - len(version_name(logical, 0)) + 1, 0)) - 1


def check_name(name: str) -> str | None:
    """Return what is wrong with the name of a Swarm secret, or None.

    The engine would refuse it too, but only after other secrets have been created already.
    """
    if not name:
        return "a secret needs a name"
    if len(name) > MAX_NAME_LENGTH:
        return (
            f"the name {name!r} has {len(name)} characters, but the engine allows {MAX_NAME_LENGTH}"
        )
    if not _NAME.fullmatch(name):
        return (
            f"the name {name!r} may contain only letters, digits, '-', '_' and '.', "
            "and must start and end with a letter or digit"
        )
    return None


def check_target(target: str) -> str | None:
    """Return what is wrong with the file name of a secret in the container, or None.

    The engine takes a name below ``/run/secrets`` or an absolute path (moby,
    ``daemon/container/container.go``, getSecretTargetPath). It would take ``..`` as well;
    a path that leaves its directory by a detour is refused here, since nobody means it.
    """
    if not target:
        return "the target of a secret needs a file name"
    if "\0" in target:
        return f"the target {target!r} contains a NUL character"
    if target.endswith("/") or target.rpartition("/")[2] == ".":
        return f"the target {target!r} is a directory, not a file"
    if ".." in target.split("/"):
        return f"the target {target!r} contains '..'"
    return None


def check_owner(option: str, value: str) -> str | None:
    """Return what is wrong with the owner of a secret's file, or None.

    The engine takes any text. The node that starts a task reads it as a number, and fails the task
    where it is not one (moby, ``daemon/container_operations_unix.go``, setupSecretFiles).

    :param option: ``uid`` or ``gid``.
    """
    if _ID.fullmatch(value) and int(value) <= MAX_ID:
        return None
    program = "id -u" if option == "uid" else "getent group"
    return (
        f"{option} {value!r} is not a number from 0 to {MAX_ID}, and the engine does not look names up: "
        f"'{program} NAME' in a container of the image prints the number"
    )
