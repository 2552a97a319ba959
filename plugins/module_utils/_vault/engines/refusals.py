# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says what a refused read means for the user of each engine."""

from __future__ import annotations

import typing as t

from ..._common.errors import SourceError
from ..errors import RefusedError

if t.TYPE_CHECKING:
    from .mounts import Mounts
    from .paths import Location

FORBIDDEN = 403
_NOT_FOUND = 404


def explain(
    error: RefusedError, place: Location, api_path: str, what: str, mounts: Mounts
) -> SourceError:
    """Turn the answer to a read into an error that the user can act on.

    :param error: what Vault answered.
    :param place: what was to be read.
    :param api_path: the path that was asked for, as policies name it.
    :param what: ``metadata`` or ``data``, with KV v2; else ``value``.
    :param mounts: to look at the mount where nothing was found.
    """
    if error.status == FORBIDDEN:
        return missing_right(f"read the {what} of {place}", api_path, "read")
    if error.status != _NOT_FOUND:
        return error
    if place.engine == "read":
        said = f": {'; '.join(error.errors)}" if error.errors else ""
        return SourceError(
            f"There is nothing at {place} in Vault{said}.",
            "Check vault_path, which with vault_engine read begins with the mount.",
        )
    return _not_found(place, mounts)


def missing_right(deed: str, api_path: str, capability: str) -> SourceError:
    """Return the error for what a token may not do, with the line of a policy that lets it.

    :param deed: what was to be done.
    :param api_path: the path that was asked for, as policies name it.
    """
    return SourceError(
        f"Vault does not let this token {deed}.",
        f'Add to a policy of the token: path "{api_path}" {{ capabilities = ["{capability}"] }}',
    )


def _not_found(place: Location, mounts: Mounts) -> SourceError:
    mount = mounts.find(place.mount)
    nothing = f"There is nothing at {place} in Vault"
    if mount is None:
        return SourceError(
            f"{nothing}, or no engine is mounted at {place.mount}.",
            "Check vault_path and vault_mount.",
        )
    if mount.path != place.mount:
        inner = f"{place.mount}/{place.path}"[len(mount.path) :].strip("/")
        return SourceError(
            f"{nothing}: {place.mount} is no mount, but lies within the mount {mount.path}.",
            f"Set vault_mount to {mount.path} and vault_path to {inner}.",
        )
    if mount.kind != place.engine:
        known = mount.kind if mount.kind in ("kv1", "kv2") else "read"
        return SourceError(
            f"{nothing}: the engine mounted at {place.mount} is {mount.kind}, not {place.engine}.",
            f"Set vault_engine to {known}.",
        )
    return SourceError(f"{nothing}.", "Check vault_path; it may have been deleted for good.")
