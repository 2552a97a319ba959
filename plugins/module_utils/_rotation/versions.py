# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Swarm secrets are versions of which logical secret: by label, never by a name prefix."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._swarm.naming import version_name
from . import labels as lb
from .term_labels import term_in

if t.TYPE_CHECKING:
    from .._swarm.model import SwarmSecret
    from .._vault.term import Term


@dataclass(frozen=True)
class Version:
    """One version of a logical secret.

    ``number`` 0 is the *original*: a Swarm secret with the logical name itself, made by
    someone else. Consumers are moved away from it and back to it, but it is never removed.
    """

    logical: str
    number: int
    secret: SwarmSecret

    @property
    def status(self) -> str:
        """``pending``, ``active`` or ``quarantined``."""
        if self.is_original:
            return lb.ACTIVE
        return self.secret.labels.get(lb.STATUS, lb.ACTIVE)

    @property
    def is_original(self) -> bool:
        """Made by someone else."""
        return self.number == 0

    @property
    def is_quarantined(self) -> bool:
        """Failed on a consumer, or rolled back on demand."""
        return self.status == lb.QUARANTINED

    @property
    def is_pending(self) -> bool:
        """Not known to have converged on every consumer."""
        return self.status == lb.PENDING

    @property
    def source_version(self) -> int | None:
        """The KV v2 version the value came from, where the source has versions."""
        return lb.number_in(self.secret.labels.get(lb.SOURCE_VERSION, ""))

    @property
    def term(self) -> Term | None:
        """How long the value is good for, where it ends."""
        return term_in(self.secret.labels)

    @property
    def is_revoked(self) -> bool:
        """Its lease was ended, so that nobody can use the value any more."""
        return lb.LEASE_REVOKED in self.secret.labels


@dataclass(frozen=True)
class LogicalSecret:
    """Every version of one logical secret, the original first, then counting up."""

    name: str
    versions: tuple[Version, ...] = ()

    @property
    def managed(self) -> tuple[Version, ...]:
        """The versions the collection made."""
        return tuple(version for version in self.versions if not version.is_original)

    @property
    def original(self) -> Version | None:
        """The Swarm secret of that very name, made by someone else."""
        return self.versions[0] if self.versions and self.versions[0].is_original else None

    @property
    def newest(self) -> Version | None:
        """The managed version consumers should run: the newest that is not quarantined."""
        usable = [version for version in self.managed if not version.is_quarantined]
        return usable[-1] if usable else None

    @property
    def fallback(self) -> Version | None:
        """What consumers run while there is no newest: the original."""
        return self.newest or self.original

    @property
    def quarantined(self) -> tuple[Version, ...]:
        """The versions that failed or were rolled back, oldest first."""
        return tuple(version for version in self.managed if version.is_quarantined)

    @property
    def labels(self) -> t.Mapping[str, str]:
        """The labels that speak for the logical secret: those of its newest version."""
        version = self.versions[-1] if self.versions else None
        return version.secret.labels if version else {}

    def before(self, number: int) -> Version | None:
        """Return the version that a rollback from ``number`` leads to."""
        usable = [
            version
            for version in self.versions
            if version.number < number and version.status == lb.ACTIVE and not version.is_revoked
        ]
        return usable[-1] if usable else None


def managed_version(secret: SwarmSecret) -> Version | None:
    """Read a Swarm secret as a managed version.

    The labels decide. The name must agree with them all the same: someone may have copied the
    labels onto a secret of their own, which must then never be retired.
    """
    logical = secret.labels.get(lb.NAME, "")
    number = lb.number_in(secret.labels.get(lb.VERSION, ""))
    if not logical or number is None or secret.name != version_name(logical, number):
        return None
    return Version(logical, number, secret)


def group_versions(secrets: t.Iterable[SwarmSecret]) -> dict[str, LogicalSecret]:
    """Group Swarm secrets by logical secret; an unmanaged one stands as an original."""
    found: dict[str, list[Version]] = {}
    for secret in secrets:
        version = managed_version(secret) or Version(secret.name, 0, secret)
        found.setdefault(version.logical, []).append(version)
    return {
        name: LogicalSecret(name, tuple(sorted(versions, key=lambda version: version.number)))
        for name, versions in found.items()
    }


def free_number(logical: str, number: int, taken: t.Container[str]) -> int:
    """Return the first number, counting up, whose name no Swarm secret has.

    A name may be taken by somebody else's secret, which is then left alone.
    """
    while version_name(logical, number) in taken:
        number += 1
    return number
