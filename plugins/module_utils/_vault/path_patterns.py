# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of paths, mount first: what bounds the sources that labels may name.

``*`` stands for anything within one part of a path, and as the last part for everything below;
``**`` for any number of parts.
"""

from __future__ import annotations

import typing as t

from . import forbidden_paths
from . import source as vault_source

_KV2 = vault_source.ENGINES[0]
#: What key/value version 2 puts after the mount, so that other engines can read it there.
_KV2_PARTS = ("data", "metadata", "subkeys")

#: Stands in a part of a pattern for any number of characters. Not a character, so that a text put
#: into a pattern is never taken for one.
ANY: t.Final = None
#: One part of a pattern, character by character.
Part = tuple[t.Optional[str], ...]
Pattern = tuple[Part, ...]
_ANY_ONE: Part = (ANY,)
_ANY_MANY: Part = (ANY, ANY)


def pattern_problem(pattern: str) -> str | None:
    """Say what is wrong with a pattern: a slip must not allow less, or more, than was meant."""
    if not pattern.strip("/"):
        return "is empty: name a path, its mount first, such as secret/shop/*"
    if pattern.endswith("/"):
        return f"ends with a slash: write {pattern}* for all paths below it"
    parts = pattern.lstrip("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or not pattern.isprintable():
        return "is not a path in Vault: leave out '.', '..', doubled slashes and control characters"
    return None


def parse(pattern: str) -> Pattern:
    """Return a pattern from how users write it."""
    return tuple(parse_part(part) for part in pattern.strip("/").split("/"))


def parse_part(text: str) -> Part:
    """Return what a piece of a pattern without slashes means."""
    return tuple(ANY if char == "*" else char for char in text)


def literally(text: str) -> Part:
    """Return a piece of a pattern that stands for itself, whatever characters it has."""
    return tuple(text)


def is_listed(source: vault_source.VaultSource, patterns: t.Collection[Pattern]) -> bool:
    """Tell whether patterns cover a source, in each way that its path may be read.

    :param source: one whose path was checked (``locate``), so that it has one spelling.
    """
    # A wildcard is not to open what only seems to be a path of an engine.
    literal = is_literal(source)
    ways = [*readings(source), *_misreadings(source)]
    return all(_lists(patterns, parts, literal=literal) for parts in ways)


def is_literal(source: vault_source.VaultSource) -> bool:
    """Tell whether only a pattern without wildcards may cover a source."""
    return forbidden_paths.may_be_in_namespace(source.engine, source.mount_beside_path, source.path)


def readings(source: vault_source.VaultSource) -> list[list[str]]:
    """Return the parts of a path, in each way that it may be called.

    ``secret/data/shop/db``, read by another engine, is what kv2 calls ``secret/shop/db``: that one
    must be allowed too, or ``secret/*/shared`` would open ``secret/shared``. A mount of kv2 that is
    said to be ``secret/data/shop`` asks for a path of ``secret`` just so.
    """
    parts = [part for part in source.location.split("/") if part]
    asked, last = parts, len(parts) - 1
    if source.engine == _KV2:
        asked, last = _asked_of_kv2(source, parts)
    return [parts, *_as_kv2(asked, last)]


def _misreadings(source: vault_source.VaultSource) -> t.Iterator[list[str]]:
    """Give the same, as it is behind a proxy that decodes paths once more than Vault does.

    There ``secret/shop/%2e%2e/pay`` may be ``secret/pay``.
    """
    parts = [part for part in source.location.split("/") if part]
    yield from forbidden_paths.misreadings("/".join(parts))
    asked = _asked_of_kv2(source, parts)[0] if source.engine == _KV2 else parts
    for misread in forbidden_paths.misreadings("/".join(asked)):
        yield from _as_kv2(misread, len(misread) - 1)


def _asked_of_kv2(source: vault_source.VaultSource, parts: list[str]) -> tuple[list[str], int]:
    """Return the parts that are asked for of that engine, and how many of them are the mount."""
    mount = [part for part in source.mount.split("/") if part]
    return [*mount, _KV2_PARTS[0], *parts[len(mount) :]], len(mount)


def _as_kv2(asked: list[str], last: int) -> list[list[str]]:
    """Return what key/value version 2 calls a path that is asked for, if that engine is there."""
    return [
        asked[:at] + asked[at + 1 :]
        for at, part in enumerate(asked[:last])
        if at > 0 and part in _KV2_PARTS
    ]


def _lists(patterns: t.Collection[Pattern], parts: t.Sequence[str], *, literal: bool) -> bool:
    asked = [literally(part) for part in parts]
    return any(list(one) == asked if literal else _matches(one, asked) for one in patterns)


def _matches(pattern: t.Sequence[Part], parts: t.Sequence[Part]) -> bool:
    """Tell whether a pattern covers a path, part by part."""
    if pattern[-1] in (_ANY_ONE, _ANY_MANY):
        # At the end, each stands for everything below, and so for one part at least.
        pattern = [*pattern[:-1], _ANY_ONE, _ANY_MANY]
    return _glob(pattern, parts, _ANY_MANY, _part_matches)


def _part_matches(pattern: Part, part: Part) -> bool:
    return _glob(pattern, part, ANY, lambda one, other: one == other)


_Item = t.TypeVar("_Item")


def _glob(
    pattern: t.Sequence[_Item],
    items: t.Sequence[_Item],
    many: _Item,
    matches: t.Callable[[_Item, _Item], bool],
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
