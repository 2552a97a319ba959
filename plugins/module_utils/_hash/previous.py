# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an earlier run found, in each form in which a playbook can keep it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._common import errors

_REMEDY = (
    "Hand over the hashes that an earlier run returned, or a mapping of names to them or to their"
    " hash."
)


@dataclass(frozen=True)
class Previous:
    """One hash of an earlier run.

    :param hash: as ``digest.Hasher`` made it.
    :param version: KV v2 version of the value, where it was kept.
    :param created_time: when that version was written, where it was kept.
    :param source: what was read, as ``source_text`` has it, where it was kept.
    """

    hash: str
    version: int | None = None
    created_time: str | None = None
    source: str | None = None


def read_previous(given: object) -> dict[str, Previous]:
    """Read a mapping of names to hashes or to entries, or a list of entries.

    An entry is one that a run returned, or what is left of it: ``hash`` is needed, and ``version``
    and ``created_time`` spare a read where both are there.

    :raises InputError: it is something else. What was given is not shown.
    """
    if given is None:
        return {}
    if isinstance(given, t.Mapping):
        return {str(name): _entry(entry, str(name)) for name, entry in given.items()}
    if isinstance(given, (list, tuple)):
        return _listed(given)
    raise errors.InputError(
        f"previous must be a list or a mapping, but is of type {type(given).__name__}.", _REMEDY
    )


def _listed(entries: t.Sequence[object]) -> dict[str, Previous]:
    found: dict[str, Previous] = {}
    for number, entry in enumerate(entries, 1):
        name = entry.get("name") if isinstance(entry, t.Mapping) else None
        if not isinstance(name, str):
            raise errors.InputError(f"Entry {number} of previous has no name.", _REMEDY)
        if name in found:
            raise errors.InputError(f"previous lists {name} twice.", _REMEDY)
        found[name] = _entry(entry, name)
    return found


def _entry(entry: object, name: str) -> Previous:
    if isinstance(entry, str):
        return Previous(str(entry))
    if not isinstance(entry, t.Mapping):
        raise errors.InputError(f"previous has neither a hash nor an entry for {name}.", _REMEDY)
    return Previous(
        hash=_part(entry, "hash", str, name),
        version=_optional(entry, "version", int, name),
        created_time=_optional(entry, "created_time", str, name),
        source=_optional(entry, "source", str, name),
    )


_Part = t.TypeVar("_Part")
_KINDS = {int: "an integer", str: "a string"}


def _optional(entry: t.Mapping[str, t.Any], key: str, kind: type[_Part], name: str) -> _Part | None:
    return None if entry.get(key) is None else _part(entry, key, kind, name)


def _part(entry: t.Mapping[str, t.Any], key: str, kind: type[_Part], name: str) -> _Part:
    value = entry.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise errors.InputError(f"In previous, {key} of {name} must be {_KINDS[kind]}.", _REMEDY)
    return value
