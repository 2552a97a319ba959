# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files a service's spec puts where in its containers, and which of them collide. Pure.

The engine compares targets as they are written and takes ``pw`` beside ``/run/secrets/pw``; in the
container they are one file, of which only one is to be seen.
"""

from __future__ import annotations

import posixpath
import typing as t

if t.TYPE_CHECKING:
    from . import model

# Where a relative target lies (moby, ``daemon/container/container.go``, getSecretTargetPath and
# getConfigTargetPath).
SECRETS_FOLDER = "/run/secrets"
CONFIGS_FOLDER = "/"


class ContainerFile(t.NamedTuple):
    """Something that lies at a path in the containers.

    :param path: absolute, without detours.
    :param what: what it is, for a message, such as ``secret db_v1`` or ``config app.ini``.
    :param is_file: nothing can lie below it; of a mount that is not known.
    """

    path: str
    what: str
    is_file: bool = True


def secret_path(target: str) -> str:
    """Return where the file of a secret lies, however its target is spelled."""
    return _plain(SECRETS_FOLDER, target)


def files_of(spec: model.RawSpec) -> tuple[ContainerFile, ...]:
    """Return what a service's spec puts into its containers: secrets, configs and mounts."""
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    secrets = [
        ContainerFile(secret_path(target), f"secret {entry.get('SecretName', '')}")
        for entry in container.get("Secrets") or ()
        for target in _targets(entry)
    ]
    configs = [
        ContainerFile(_plain(CONFIGS_FOLDER, target), f"config {entry.get('ConfigName', '')}")
        for entry in container.get("Configs") or ()
        for target in _targets(entry)
    ]
    mounts = [
        ContainerFile(
            _plain("/", mount["Target"]), f"a {mount.get('Type', 'bind')} mount", is_file=False
        )
        for mount in container.get("Mounts") or ()
        if mount.get("Target")
    ]
    return (*secrets, *configs, *mounts)


def collide(one: ContainerFile, other: ContainerFile) -> bool:
    """Tell whether both cannot be there: at the same path, or one below the other's file."""
    return (
        one.path == other.path
        or (one.is_file and other.path.startswith(f"{one.path}/"))
        or (other.is_file and one.path.startswith(f"{other.path}/"))
    )


def _targets(entry: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Return the target of a reference; a config that the runtime itself reads has none."""
    name = (entry.get("File") or {}).get("Name")
    return (name,) if name else ()


def _plain(folder: str, target: str) -> str:
    # Two slashes in front are kept by normpath, as POSIX has it; Linux makes no difference.
    return "/" + posixpath.normpath(posixpath.join(folder, target)).lstrip("/")
