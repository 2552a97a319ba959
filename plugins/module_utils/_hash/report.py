# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run found: the module's return values. Never a value."""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class HashedSecret:
    """The hash of one value.

    :param differs: from what the earlier run found; None where that had no such name.
    :param source: what was read, so that a later run can tell whether that is still the same.
    """

    name: str
    hash: str
    version: int | None
    created_time: str | None
    custom_metadata: t.Mapping[str, str]
    source: str
    differs: bool | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """Return the entry of ``hashes``; without ``differs`` where nothing is known of it."""
        entry = {**asdict(self), "custom_metadata": dict(self.custom_metadata)}
        return {key: value for key, value in entry.items() if key != "differs" or value is not None}


@dataclass(frozen=True)
class HashReport:
    """All hashes of a run.

    :param read: how many of the secrets had to be read.
    """

    hashes: tuple[HashedSecret, ...]
    read: int
    failed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[str, ...]:
        """The names whose hash differs."""
        return tuple(entry.name for entry in self.hashes if entry.differs)

    @property
    def message(self) -> str:
        """Count them."""
        names = f" ({', '.join(self.differing)})" if self.differing else ""
        return (
            f"Hashes: {len(self.hashes)}, of which {len(self.hashes) - self.read} were known from"
            f" the metadata; {len(self.differing)} differ{names}."
        )

    def as_dict(self) -> dict[str, t.Any]:
        """Return the module's return values."""
        return {
            "changed": False,
            "hashes": [entry.as_dict() for entry in self.hashes],
            "differs": bool(self.differing),
        }

    def diff(self) -> dict[str, str]:
        """Nothing is ever changed."""
        return {}
