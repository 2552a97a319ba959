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
from ..._vault import forbidden_paths
from ..._vault.source import ENGINES

if t.TYPE_CHECKING:
    from ..._vault.source import VaultSource

#: The engine that labels may ask for where nothing is listed. All others read whatever is at the
#: path they name: keys that an engine exports, credentials that are made by being read.
_UNLISTED_ENGINE = ENGINES[0]
#: What key/value version 2 puts after the mount, so that other engines can read it there.
_KV2_PARTS = ("data", "metadata", "subkeys")

_ANY_ONE = "*"
_ANY_MANY = "**"


def pattern_problems(patterns: t.Iterable[str] | None) -> list[str]:
    """Say what is wrong with patterns: a slip must not allow less, or more, than was meant."""
    return [
        f"discover_paths {pattern!r} {problem}"
        for pattern in patterns or ()
        for problem in [_pattern_problem(pattern)]
        if problem
    ]


def _pattern_problem(pattern: str) -> str | None:
    if not pattern.strip("/"):
        return "is empty: name a path, its mount first, such as secret/shop/*"
    if pattern.endswith("/"):
        return f"ends with a slash: write {pattern}* for all paths below it"
    parts = pattern.lstrip("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or not pattern.isprintable():
        return "is not a path in Vault: leave out '.', '..', doubled slashes and control characters"
    return None


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

    def problem_with(self, source: VaultSource) -> str | None:
        """Say why labels may not name this source; None where they may.

        :param source: one whose path was checked (``locate``), so that it has one spelling.
        """
        # A wildcard is not to open what only seems to be a path of an engine.
        literal = forbidden_paths.may_be_in_namespace(
            source.engine, source.mount_beside_path, source.path
        )
        if self.patterns is None:
            if source.engine == _UNLISTED_ENGINE and not literal:
                return None
            return (
                f"{source.location} with vault_engine {source.engine} is not what labels may ask "
                f"for unless discover_paths lists it"
            )
        readings = _readings(source)
        if all(self._lists(parts, literal=literal) for parts in readings):
            return None
        also = f" (to kv2 it is {'/'.join(readings[-1])})" if len(readings) > 1 else ""
        return (
            f"discover_paths, which bounds what labels may ask for, lacks {source.location}{also}"
        )

    def _lists(self, parts: t.Sequence[str], *, literal: bool) -> bool:
        listed = [pattern.strip("/").split("/") for pattern in self.patterns or ()]
        return any(parts == one if literal else _matches(one, parts) for one in listed)


def _readings(source: VaultSource) -> list[list[str]]:
    """Return the parts of a path, in each way that it may be called.

    ``secret/data/shop/db``, read by another engine, is what kv2 calls ``secret/shop/db``: that one
    must be allowed too, or ``secret/*/shared`` would open ``secret/shared``.
    """
    parts = [part for part in source.location.split("/") if part]
    found = [parts]
    if source.engine != _UNLISTED_ENGINE:
        found += [
            parts[:at] + parts[at + 1 :]
            for at, part in enumerate(parts)
            if part in _KV2_PARTS and 0 < at < len(parts) - 1
        ]
    return found


def _matches(pattern: t.Sequence[str], parts: t.Sequence[str]) -> bool:
    """Tell whether a pattern covers a path, part by part."""
    if pattern[-1] in (_ANY_ONE, _ANY_MANY):
        # At the end, each stands for everything below, and so for one part at least.
        pattern = [*pattern[:-1], _ANY_ONE, _ANY_MANY]
    return _glob(pattern, parts, _ANY_MANY, _part_matches)


def _part_matches(pattern: str, part: str) -> bool:
    return _glob(pattern, part, _ANY_ONE, lambda one, other: one == other)


def _glob(
    pattern: t.Sequence[str],
    items: t.Sequence[str],
    many: str,
    matches: t.Callable[[str, str], bool],
) -> bool:
    """Compare a sequence with a pattern, in which ``many`` stands for any number of items.

    Not by a regular expression: who writes labels must not be able to keep a run busy with them.
    """
    at = position = resumed = 0
    last: int | None = None  # where the pattern goes on after the last "many"
    while position < len(items):
        if at < len(pattern) and pattern[at] == many:
            at += 1
            last, resumed = at, position
        elif at < len(pattern) and matches(pattern[at], items[position]):
            at += 1
            position += 1
        elif last is not None:
            resumed += 1
            at, position = last, resumed
        else:
            return False
    return all(one == many for one in pattern[at:])
