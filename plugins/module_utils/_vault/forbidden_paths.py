# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is never a source: the places where Vault keeps its own credentials and settings.

A read of ``auth/token/lookup-self`` answers with the very token that asks. Whatever a policy lets
that token do, none of these places is there to give values to applications.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

from .._common import errors

#: Vault mounts these itself, in every namespace, and gives their names to nothing else: no
#: namespace may be called so, and no engine be mounted there
#: (https://openbao.org/docs/concepts/namespaces/).
RESERVED = ("auth", "sys", "identity", "cubbyhole")


#: How many, one behind the other, might decode a path: Vault and proxies. Not until there is
#: nothing left to decode, which would take for ever with what can be put into a label.
_MOST_READERS = 5


class ForbiddenPathError(errors.InputError, ValueError):
    """A place is named that is never a source; a ValueError for those who make a source."""


def check_path(mount: str, path: str) -> None:
    """Refuse what is never a source, whoever asks for it.

    :param mount: mount point of the engine; empty where the path names it.
    :param path: path below the mount, or the whole path.
    :raises ForbiddenPathError: it is one of those places.
    """
    location = f"{mount}/{path}" if mount else path
    first = _parts(location)[0]
    if first in RESERVED:
        raise ForbiddenPathError(
            f"{location!r} is never a source: {first}/ is where Vault keeps its own credentials "
            f"and settings, such as the token that asks.",
            "Name a path of a secrets engine.",
        )


def may_be_in_namespace(engine: str, mount: str, path: str) -> bool:
    """Tell whether a path could lead to a reserved place of a namespace.

    Vault takes ``team/auth/token/lookup-self`` for ``auth/token/lookup-self`` in the namespace
    ``team``, where there is one. The path alone does not tell whether ``team`` is a namespace, or
    a mount that has a path ``auth/token`` (seen with OpenBao 2.7.2).

    :param engine: with ``kv2`` only the mount matters: ``data/`` or ``metadata/`` comes after it
        in a request, and no reserved place answers in the form of that engine.
    """
    parts = _parts(mount if engine == "kv2" else f"{mount}/{path}")
    # At its very end such a name is that of a secret or role: GET team/auth answers nothing.
    inner = parts[1:] if engine == "kv2" else parts[1:-1]
    return any(part in RESERVED for part in inner)


def names_reserved(path: str) -> bool:
    """Tell whether a part of a path is called like a reserved place."""
    return any(part in RESERVED for part in _parts(path))


def misreadings(path: str) -> list[list[str]]:
    """Return the parts of a path as careless readers on the way to Vault would take them.

    Vault itself decodes a path once. A proxy in front may do so again, and then resolve dots.

    :returns: without the path as it stands; from the first reader to the most careless one.
    """
    found = [path.split("/")]
    for _reader in range(_MOST_READERS):
        before, path = path, unquote(path)
        parts = [part.strip() for part in re.split(r"[/\\]", path)]
        # Doubled slashes and "x/.." vanish.
        clean = posixpath.normpath("/" + "/".join(filter(None, parts)))
        found.append(clean.strip("/").split("/"))
        if path == before:
            break
    return [parts for at, parts in enumerate(found) if parts not in found[:at]][1:]


def _parts(path: str) -> list[str]:
    """Return the parts of a path as the most careless reader would take them.

    Vault tells capitals apart. What is in front of it may not.
    """
    parts = [path.split("/"), *misreadings(path)][-1]
    return [part.casefold() for part in parts]
