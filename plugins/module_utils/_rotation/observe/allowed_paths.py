# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What labels may ask Vault for: ``discover_paths``.

Whoever may create a Swarm secret may label it, and a service of theirs then gets what the labels
name, read with the token of the run. So labels are bounded by what the task allows, and not only
by the policies of a token that may serve many teams.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._common import errors
from ..._vault import path_patterns
from ..._vault import source as vault_source

#: The engine that labels may ask for where nothing is listed. All others read whatever is at the
#: path they name: keys that an engine exports, credentials that are made by being read.
_UNLISTED_ENGINE = vault_source.ENGINES[0]


def pattern_problems(patterns: t.Iterable[str] | None) -> list[str]:
    """Say what is wrong with patterns: a slip must not allow less, or more, than was meant."""
    return [
        f"discover_paths {pattern!r} {problem}"
        for pattern in patterns or ()
        for problem in [path_patterns.pattern_problem(pattern)]
        if problem
    ]


@dataclass(frozen=True)
class AllowedPaths:
    """The paths that labels may name.

    :param patterns: as listed; None: nothing was listed,
        which allows every path of key/value version 2 and nothing else.
    :raises InputError: patterns have problems; names each.
    """

    patterns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse patterns that cannot mean what they say."""
        problems = pattern_problems(self.patterns)
        if problems:
            raise errors.InputError(
                f"Nothing was changed: {'; '.join(problems)}.", "Correct this and run again."
            )

    def problem_with(self, source: vault_source.VaultSource) -> str | None:
        """Say why labels may not name this source; None where they may.

        :param source: one whose path was checked (``locate``), so that it has one spelling.
        """
        if self.patterns is None:
            if source.engine == _UNLISTED_ENGINE and not path_patterns.is_literal(source):
                return None
            return (
                f"{source.location} with vault_engine {source.engine} is not what labels may ask "
                f"for unless discover_paths lists it"
            )
        if path_patterns.is_listed(source, [path_patterns.parse(one) for one in self.patterns]):
            return None
        called = path_patterns.readings(source)
        also = f" (to kv2 it is {'/'.join(called[-1])})" if len(called) > 1 else ""
        return (
            f"discover_paths, which bounds what labels may ask for, lacks {source.location}{also}"
        )
