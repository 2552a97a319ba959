# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says what a refused read means for the user of each engine, and how the place would be written.

Vault's own tools write one and the same secret in many ways: ``secret/shop/db`` (command line),
``secret/data/shop/db`` (policies), ``/v1/secret/data/shop/db`` (API). A path that really begins so
is read like any other: this is about what could not be.
"""

from __future__ import annotations

import typing as t

from ..._common import errors
from .. import errors as vault_errors

if t.TYPE_CHECKING:
    from . import location
    from . import mounts as mount_table

FORBIDDEN = 403
_NOT_FOUND = 404
_API = "v1/"
# Below these the API of KV version 2 keeps what a user knows as one path.
_API_OF_KV2 = ("data/", "metadata/")
_KV = ("kv1", "kv2")


def explain(
    error: vault_errors.RefusedError,
    place: location.Location,
    api_path: str,
    what: str,
    mounts: mount_table.Mounts,
) -> errors.SourceError:
    """Turn the answer to a read into an error that the user can act on.

    :param error: what Vault answered.
    :param place: what was to be read.
    :param api_path: the path that was asked for, as policies name it.
    :param what: ``metadata`` or ``data``, with KV v2; else ``value``.
    :param mounts: to look at what is mounted where something is wrong.
    """
    if error.status not in (FORBIDDEN, _NOT_FOUND):
        return error
    spelling = _respelled(place, mounts)
    if error.status == FORBIDDEN:
        deed = f"read the {what} of {place}"
        if spelling is None:
            return missing_right(deed, api_path, "read")
        # No line of a policy: it would be about a path that most likely is none.
        real = "" if spelling.certain else f" If {place.path} is the real path, a right is missing."
        return errors.SourceError(f"{_not_allowed(deed)}: {spelling.why}.", spelling.remedy + real)
    if spelling is not None:
        return errors.SourceError(
            f"There is nothing at {place} in Vault: {spelling.why}.", spelling.remedy
        )
    if place.engine == "read":
        said = f": {'; '.join(error.errors)}" if error.errors else ""
        return errors.SourceError(
            f"There is nothing at {place} in Vault{said}.",
            "Check vault_path, which with vault_engine read begins with the mount.",
        )
    return _not_found(place, mounts)


def missing_right(deed: str, api_path: str, capability: str) -> errors.SourceError:
    """Return the error for what a token may not do, with the line of a policy that lets it.

    :param deed: what was to be done.
    :param api_path: the path that was asked for, as policies name it.
    """
    return errors.SourceError(
        f"{_not_allowed(deed)}.",
        f'Add to a policy of the token: path "{api_path}" {{ capabilities = ["{capability}"] }}',
    )


def _not_allowed(deed: str) -> str:
    return f"Vault does not let this token {deed}"


def _not_found(place: location.Location, mounts: mount_table.Mounts) -> errors.SourceError:
    nothing = f"There is nothing at {place} in Vault"
    if mounts.find(place.mount) is None:
        return errors.SourceError(
            f"{nothing}, or nothing is mounted at {place.mount}.",
            "Check vault_path and vault_mount.",
        )
    return errors.SourceError(f"{nothing}.", "Check vault_path; it may have been deleted for good.")


class _Spelling(t.NamedTuple):
    """Another way to write a place.

    :param why: what is wrong with the way it is written.
    :param remedy: options to set.
    :param certain: what is mounted in Vault shows it, rather than the look of the path alone.
    """

    why: str
    remedy: str
    certain: bool


def _respelled(place: location.Location, mounts: mount_table.Mounts) -> _Spelling | None:
    """Return how a place would be written; None where nothing is wrong with how it is."""
    return _whole(place, mounts) if place.engine == "read" else _below_mount(place, mounts)


def _whole(place: location.Location, mounts: mount_table.Mounts) -> _Spelling | None:
    path = place.path.removeprefix(_API)
    mount = mounts.find(path)
    if mount is not None and mount.kind == "kv2":
        inner = path[len(mount.path) + 1 :]
        if path == place.path and inner.startswith(_API_OF_KV2):
            return None  # written as the API has it, as it is to be for this engine
        why = f"the engine mounted at {mount.path} is kv2, not one to read as it is"
        known, _shown = _without_api(inner)
        return _Spelling(why, _set(("kv2", mount.path, known), place), certain=True)
    if path == place.path:
        return None
    return _Spelling(_WITHOUT_API, f"Set vault_path to {path}.", certain=mount is not None)


_WITHOUT_API = f"vault_path is written without {_API} here"


def _below_mount(place: location.Location, mounts: mount_table.Mounts) -> _Spelling | None:
    found = mounts.find(str(place))
    whys: list[str] = []
    mount, path = place.mount, place.path
    certain = False
    if found is not None and found.path != mount:
        mount, path = found.path, str(place)[len(found.path) + 1 :]
        whys.append(f"nothing is mounted at {place.mount}, which lies within the mount {mount}")
        certain = True
    elif path.startswith(_API):
        path = path[len(_API) :]
        whys.append(_WITHOUT_API)
    other = mounts.find(path)
    if path.startswith(f"{mount}/"):
        path = path[len(mount) + 1 :]
        whys.append("vault_path is written without the mount here")
    elif other is not None and other.kind in _KV and not certain:
        found, mount, path = other, other.path, path[len(other.path) + 1 :]
        whys.append(f"vault_path is written without the mount here, and {mount} is one")
        certain = True
    engine = _engine(place, found)
    if found is not None and engine != place.engine:
        whys.append(f"the engine mounted at {mount} is {found.kind}, not {place.engine}")
        certain = True
    if engine == "kv2":
        path, taken = _without_api(path)
        whys += [f"vault_path is written without {taken} here"] if taken else []
    if not whys or not path:
        return None
    whole = f"{mount}/{path}" if engine == "read" else path
    return _Spelling(" and ".join(whys), _set((engine, mount, whole), place), certain)


def _engine(place: location.Location, found: mount_table.Mount | None) -> str:
    if found is None or found.kind == place.engine:
        return place.engine
    return found.kind if found.kind in _KV else "read"


def _without_api(path: str) -> tuple[str, str]:
    """Return a path of the API of KV version 2 as users know it, and what was taken off."""
    taken = next((prefix for prefix in _API_OF_KV2 if path.startswith(prefix)), "")
    return path[len(taken) :], taken


def _set(right: tuple[str, str, str], place: location.Location) -> str:
    """Return a sentence that names the options that are to be another."""
    engine, mount, path = right
    parts = [f"vault_engine to {engine}"] if engine != place.engine else []
    parts += [f"vault_mount to {mount}"] if mount != place.mount and engine != "read" else []
    parts += [f"vault_path to {path}"] if path != place.path else []
    return f"Set {', '.join(parts[:-1])}{' and ' if parts[:-1] else ''}{parts[-1]}."
