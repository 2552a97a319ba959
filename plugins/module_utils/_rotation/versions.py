# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Swarm secrets are versions of which logical secret: by label, never by a name prefix."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._swarm import naming
from . import labels as secret_labels
from . import validity_labels

if t.TYPE_CHECKING:
    from .._swarm import model
    from .._vault import validity as validities

_NUMBERED = re.compile(r"(.+)_v([1-9][0-9]{0,17})", re.DOTALL)


@dataclass(frozen=True)
class Claims:
    """What a request says of Swarm secrets that the collection did not make.

    :param adopted: id of a Swarm secret -> logical secret that it is to be a version of.
    :param named: logical secrets that are named; a Swarm secret of such a name is that one's.
    """

    adopted: t.Mapping[str, str] = field(default_factory=dict)
    named: t.Container[str] = ()


class Version(t.NamedTuple):
    """One version of a logical secret.

    ``number`` 0 are the *originals*, made by someone else: a Swarm secret with the logical name
    itself, and those that were adopted. Consumers are moved away from them and back to them, but
    they are never removed.
    """

    logical: str
    number: int
    secret: model.SwarmSecret

    @property
    def status(self) -> str:
        """``pending``, ``active`` or ``quarantined``."""
        if self.is_original:
            return secret_labels.ACTIVE
        return self.secret.labels.get(secret_labels.STATUS, secret_labels.ACTIVE)

    @property
    def driver(self) -> str | None:
        """The plugin that serves its value; None: the Swarm stores it."""
        return self.secret.driver

    @property
    def is_original(self) -> bool:
        """Made by someone else."""
        return self.number == 0

    @property
    def is_quarantined(self) -> bool:
        """Failed on a consumer, or rolled back on demand."""
        return self.status == secret_labels.QUARANTINED

    @property
    def is_pending(self) -> bool:
        """Not known to have converged on every consumer."""
        return self.status == secret_labels.PENDING

    @property
    def source_version(self) -> int | None:
        """The KV v2 version the value came from, where the source has versions."""
        return secret_labels.number_in(self.secret.labels.get(secret_labels.SOURCE_VERSION, ""))

    @property
    def validity(self) -> validities.Validity | None:
        """How long the value is good for, where it ends."""
        return validity_labels.validity_in(self.secret.labels)

    @property
    def group(self) -> str | None:
        """What the versions of one group have in common that were made together."""
        issued = self.validity.issuance_id if self.validity else None
        return self.secret.labels.get(secret_labels.GROUP) or issued

    @property
    def is_revoked(self) -> bool:
        """Its lease was ended, so that nobody can use the value any more."""
        return secret_labels.LEASE_REVOKED in self.secret.labels


class LogicalSecret(t.NamedTuple):
    """Every version of one logical secret, the originals first, then counting up."""

    name: str
    versions: tuple[Version, ...] = ()

    @property
    def managed(self) -> tuple[Version, ...]:
        """The versions the collection made."""
        return tuple(version for version in self.versions if not version.is_original)

    @property
    def originals(self) -> tuple[Version, ...]:
        """The Swarm secrets that someone else made, in the order in which they came."""
        return tuple(version for version in self.versions if version.is_original)

    @property
    def original(self) -> Version | None:
        """The last of them."""
        return self.originals[-1] if self.originals else None

    @property
    def last_number(self) -> int:
        """The highest number that any of them has in its name."""
        numbers = (_number_in_name(version.secret.name, self.name) for version in self.versions)
        return max(numbers, default=0)

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
            if version.number < number
            and version.status == secret_labels.ACTIVE
            and not version.is_revoked
        ]
        return usable[-1] if usable else None


class VersionChoice(t.NamedTuple):
    """The version that consumers are to run, and the rejected ones that came after it."""

    current: Version | None
    rejected: tuple[Version, ...]

    @classmethod
    def of(cls, logical: LogicalSecret, rejected_by: t.Container[str] = ()) -> VersionChoice:
        """Judge the versions.

        :param rejected_by: ids of the secrets that consumers have just been found to reject.
        """
        usable = [
            version
            for version in logical.managed
            if not version.is_quarantined and version.secret.id not in rejected_by
        ]
        current = usable[-1] if usable else None
        number = current.number if current else 0
        rejected = [version for version in logical.managed if version.number > number]
        return cls(current, tuple(rejected))


def managed_version(secret: model.SwarmSecret) -> Version | None:
    """Read a Swarm secret as a managed version.

    The labels decide. The name must agree with them all the same: someone may have copied the
    labels onto a secret of their own, which must then never be retired.
    """
    logical = secret.labels.get(secret_labels.NAME, "")
    number = secret_labels.number_in(secret.labels.get(secret_labels.VERSION, ""))
    if not logical or number is None or secret.name != naming.version_name(logical, number):
        return None
    return Version(logical, number, secret)


def recognized(secret: model.SwarmSecret) -> str | None:
    """Return which logical secret the labels of a Swarm secret that is not ours say it belongs to.

    Our mark says so, and so does what docker_secret with ``rolling_versions`` writes.
    """
    marked = secret.labels.get(secret_labels.ADOPTED)
    if marked:
        return marked
    number = secret_labels.rolling_version(secret.labels)
    found = _NUMBERED.fullmatch(secret.name)
    if found is None or number is None or secret.driver or int(found[2]) != number:
        return None
    return found[1]


def group_versions(
    secrets: t.Iterable[model.SwarmSecret], claims: Claims | None = None
) -> dict[str, LogicalSecret]:
    """Group Swarm secrets by logical secret; an unmanaged one stands as an original."""
    secrets = tuple(secrets)
    claims = claims or Claims()
    managed = {secret.id: managed_version(secret) for secret in secrets}
    ours = {version.logical for version in managed.values() if version}
    found: dict[str, list[Version]] = {}
    for secret in secrets:
        version = managed[secret.id] or Version(_owner(secret, claims, ours), 0, secret)
        found.setdefault(version.logical, []).append(version)
    return {
        name: LogicalSecret(name, tuple(sorted(versions, key=_order)))
        for name, versions in found.items()
    }


def _owner(secret: model.SwarmSecret, claims: Claims, ours: t.Container[str]) -> str:
    """Return the logical secret of a Swarm secret that somebody else made."""
    if secret.id in claims.adopted:
        return claims.adopted[secret.id]
    found = recognized(secret)
    if secret_labels.ADOPTED not in secret.labels and (
        secret.name in claims.named or secret.name in ours
    ):
        return secret.name  # it is the original of what is called so
    return found or secret.name


def _order(version: Version) -> tuple[int, int, str]:
    if not version.is_original:
        return version.number, 0, ""
    return 0, _number_in_name(version.secret.name, version.logical), version.secret.created_at


def _number_in_name(name: str, logical: str) -> int:
    """Return N for ``<logical>_v<N>``, in whatever case, as the engine compares names; else 0."""
    found = _NUMBERED.fullmatch(folded(name))
    return int(found[2]) if found and found[1] == folded(logical) else 0


def folded(name: str) -> str:
    """Return a name as the engine compares it (swarmkit, ``manager/state/store/secrets.go``)."""
    return name.lower()


def free_number(logical: str, number: int, taken: t.Container[str]) -> int:
    """Return the first number, counting up, whose name no Swarm secret has.

    A name may be taken by somebody else's secret, which is then left alone.

    :param taken: names of Swarm secrets, as the engine compares them.
    """
    while folded(naming.version_name(logical, number)) in taken:
        number += 1
    return number
