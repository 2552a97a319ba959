# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says what a refused read means for the user of each engine."""

from __future__ import annotations

import typing as t

from ..._common.errors import SourceError
from ..errors import RefusedError
from .spelling import respelled

if t.TYPE_CHECKING:
    from .location import Location
    from .mounts import Mounts

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
    :param mounts: to look at what is mounted where something is wrong.
    """
    if error.status not in (FORBIDDEN, _NOT_FOUND):
        return error
    spelling = respelled(place, mounts)
    if error.status == FORBIDDEN:
        deed = f"read the {what} of {place}"
        if spelling is None:
            return missing_right(deed, api_path, "read")
        # No line of a policy: it would be about a path that most likely is none.
        real = "" if spelling.certain else f" If {place.path} is the real path, a right is missing."
        return SourceError(f"{_not_allowed(deed)}: {spelling.why}.", spelling.remedy + real)
    if spelling is not None:
        return SourceError(
            f"There is nothing at {place} in Vault: {spelling.why}.", spelling.remedy
        )
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
        f"{_not_allowed(deed)}.",
        f'Add to a policy of the token: path "{api_path}" {{ capabilities = ["{capability}"] }}',
    )


def _not_allowed(deed: str) -> str:
    return f"Vault does not let this token {deed}"


def _not_found(place: Location, mounts: Mounts) -> SourceError:
    nothing = f"There is nothing at {place} in Vault"
    if mounts.find(place.mount) is None:
        return SourceError(
            f"{nothing}, or nothing is mounted at {place.mount}.",
            "Check vault_path and vault_mount.",
        )
    return SourceError(f"{nothing}.", "Check vault_path; it may have been deleted for good.")
