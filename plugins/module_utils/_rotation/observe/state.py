# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one run has seen of Swarm and of the sources: data only, the input of the plan."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field

from ..._common import words
from .. import versions as versioning

if t.TYPE_CHECKING:
    from datetime import datetime

    from ..._common import secret_value
    from ..._swarm import model
    from ..._vault import validity as validities
    from .. import request as requested


class RenewalAction(words.Word):
    """What a source that makes a new value at each read is to be asked for."""

    #: Nothing: what it gave last is good for a while yet.
    FRESH = "fresh"
    #: Nothing yet: a new value is due, but the last one failed not long ago.
    POSTPONED = "postponed"
    #: A new value.
    DUE = "due"


class RenewalDecision(t.NamedTuple):
    """Whether a value that ends is to be issued anew, and why."""

    action: RenewalAction
    reason: str


@dataclass(frozen=True)
class SourceState:
    """What is known of one logical secret's source.

    :param version: KV v2 version number, where the source has versions.
    :param created_time: when that version was written.
    :param value: the value, read only where the decision or a new version needs it.
    :param error: why the source cannot be used; then the others are empty.
    :param validity: how long the value is good for, where it ends.
    :param renewal: for a source that makes a new value at each read: whether to read it.
    :param held_by: the secret that goes with it and that the source holds a rejected value of, so
        that there is no need to read this one.
    :param unread: it was not read, as check mode must not let Vault make anything.
    """

    version: int | None = None
    created_time: str | None = None
    value: secret_value.SecretValue | None = field(default=None, repr=False)
    error: Exception | None = None
    validity: validities.Validity | None = None
    renewal: RenewalDecision | None = None
    unread: bool = False
    held_by: str | None = None

    @property
    def ends(self) -> bool:
        """Whether it makes a new value at each read, as far as is known."""
        return self.renewal is not None or self.validity is not None


@dataclass(frozen=True)
class SwarmState:
    """Secrets and services of the Swarm at one moment."""

    secrets: tuple[model.SwarmSecret, ...]
    services: tuple[model.Service, ...]
    logical: t.Mapping[str, versioning.LogicalSecret]
    by_secret_id: t.Mapping[str, versioning.Version]
    #: Tasks of the services that were looked at closely, by the service's id.
    tasks: t.Mapping[str, tuple[model.Task, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        secrets: t.Iterable[model.SwarmSecret],
        services: t.Iterable[model.Service],
        claims: versioning.Claims | None = None,
    ) -> SwarmState:
        """Index what the engine listed.

        :param claims: what the request says of secrets that are not ours.
        """
        secrets = tuple(secrets)
        logical = versioning.group_versions(secrets, claims)
        by_id = {
            version.secret.id: version for group in logical.values() for version in group.versions
        }
        return cls(secrets, tuple(services), logical, by_id)

    def with_tasks(self, service_ids: t.Iterable[str], tasks: t.Iterable[model.Task]) -> SwarmState:
        """Return what is known once the tasks of these services were looked at, too."""
        found: dict[str, list[model.Task]] = {service_id: [] for service_id in service_ids}
        for task in tasks:
            found.setdefault(task.service_id, []).append(task)
        seen = {service_id: tuple(ones) for service_id, ones in found.items()}
        return dataclasses.replace(self, tasks={**self.tasks, **seen})

    def secret(self, name: str) -> versioning.LogicalSecret:
        """Return the logical secret, empty where Swarm has none of it."""
        return self.logical.get(name) or versioning.LogicalSecret(name)

    def taken_names(self) -> frozenset[str]:
        """Return the names of all Swarm secrets, managed or not, as the engine compares them."""
        return frozenset(versioning.folded(secret.name) for secret in self.secrets)

    def versions_in(
        self, references: t.Iterable[model.Reference]
    ) -> tuple[tuple[model.Reference, versioning.Version], ...]:
        """Pair each reference with the version it points at, leaving out unknown ones."""
        return tuple(
            (reference, self.by_secret_id[reference.secret_id])
            for reference in references
            if reference.secret_id in self.by_secret_id
        )

    def referenced_ids(self) -> frozenset[str]:
        """Return the ids of secrets some service refers to now."""
        return frozenset(
            reference.secret_id for service in self.services for reference in service.references
        )

    def used_ids(self) -> frozenset[str]:
        """Return the ids of secrets some service runs, or may have to roll back to."""
        return frozenset(
            reference.secret_id
            for service in self.services
            for reference in (*service.references, *service.previous_references)
        )


class ObservedSecret(t.NamedTuple):
    """One logical secret, with all that is known of it.

    :param choice: the version that its consumers are to run, and those that were rejected since.
    :param group: the logical secrets, itself included, that one read of the source fills.
    """

    request: requested.SecretRequest
    versions: versioning.LogicalSecret
    choice: versioning.VersionChoice
    source: SourceState = SourceState()
    group: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name that the application knows."""
        return self.request.name


class Observation(t.NamedTuple):
    """All that a run has seen before it changes anything.

    :param secrets: those that the run is about.
    :param rejected_by: ids of pending secrets that consumers turned out to have rejected, with the
        names of these consumers.
    :param now: the time of day, which tells whether a value that ends is to be renewed.
    """

    state: SwarmState
    secrets: tuple[ObservedSecret, ...]
    rejected_by: t.Mapping[str, str]
    now: datetime
    warnings: tuple[str, ...] = ()

    @property
    def requests(self) -> tuple[requested.SecretRequest, ...]:
        """What was asked for, completed by what labels tell."""
        return tuple(secret.request for secret in self.secrets)
