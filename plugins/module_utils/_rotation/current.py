# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Swarm secret stands for a logical secret now: what stack files are to refer to."""

from __future__ import annotations

import difflib
import typing as t

from .._common import errors
from . import versions

if t.TYPE_CHECKING:
    from .._swarm import model


def current_names(wanted: t.Sequence[str], secrets: t.Iterable[model.SwarmSecret]) -> list[str]:
    """Return the name of the Swarm secret that consumers are to run, for each logical secret.

    That is the newest version that is not quarantined, and before there is any the Swarm secret
    of that very name, or the last one that was adopted.

    :param wanted: logical names, in the order of the result.
    :param secrets: every Swarm secret.
    :raises InputError: some have none; all of them are named.
    """
    logical = versions.group_versions(secrets, versions.Claims(named=frozenset(wanted)))
    names: list[str] = []
    missing: list[str] = []
    for name in wanted:
        current = logical[name].fallback if name in logical else None
        if current is None:
            missing.append(_reason(name, logical))
        else:
            names.append(current.secret.name)
    if missing:
        raise errors.InputError(
            f"There is no Swarm secret to refer to: {'; '.join(missing)}.",
            "Name logical secrets, without _v and a number, and run swarm_secret_rotate for them"
            " first.",
        )
    return names


def _reason(name: str, logical: t.Mapping[str, versions.LogicalSecret]) -> str:
    if name in logical:
        return f"every version of {name} is quarantined"
    similar = difflib.get_close_matches(name, logical, n=3)
    known = f" (there is {' and '.join(similar)})" if similar else ""
    return f"{name} is not known in this Swarm{known}"
