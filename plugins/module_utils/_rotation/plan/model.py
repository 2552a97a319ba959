# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: the steps from what was observed to what is wanted. Data only.

The planners (``present``, ``rolled_back``, ``absent``) make it without any I/O; ``apply`` carries
it out; ``report`` shows it.
"""

from __future__ import annotations

import typing as t

from ..._common import words
from .. import labels as secret_labels

if t.TYPE_CHECKING:
    from ..._swarm import model
    from .. import payload as payloads
    from .. import request, versions


class SecretAction(words.Word):
    """What becomes of a logical secret."""

    UNCHANGED = "unchanged"
    CREATED = "created"
    ADOPTED = "adopted"
    ROTATED = "rotated"
    RECORDED = "recorded"
    QUARANTINED = "quarantined"
    KEPT = "kept"
    ROLLED_BACK = "rolled_back"
    REMOVED = "removed"
    #: It has a problem of its own, and is left as it is.
    FAILED = "failed"


#: Actions that make a new version.
CREATING = (SecretAction.CREATED, SecretAction.ADOPTED, SecretAction.ROTATED)


class NewVersion(t.NamedTuple):
    """A version that is to be created."""

    logical: str
    number: int
    name: str
    labels: t.Mapping[str, str]
    payload: payloads.Payload


class Relabel(t.NamedTuple):
    """A change of a secret's labels; the whole set that it then has."""

    secret: model.SwarmSecret
    labels: t.Mapping[str, str]


class SecretPlan(t.NamedTuple):
    """What becomes of one logical secret.

    :param current: the existing version consumers are to run; None with ``create``.
    :param create: the version to make first; consumers are to run it.
    :param relabels: label changes to make before any consumer moves.
    :param previous: the version a rollback leads back to.
    :param source_version: KV v2 version number of the value consumers are to run.
    :param offered_version: that of the value the source holds now, rejected or not; None where it
        has no versions, or was not read.
    :param promote: mark the current version active once every consumer has converged.
    :param frozen: leave versions and consumers alone altogether.
    :param group: logical secrets, itself included, that are changed together, since their new
        values only work together: where one fails, all go back. Empty where it is alone.
    :param siblings: logical secrets, itself included, that one read fills, changed or not.
    :param recorded_with: for a value that stays the same: the secrets that are changed by what the
        same read gave. Its labels tell that read, so they have to wait for the others' versions.
    """

    name: str
    action: SecretAction
    reason: str
    current: versions.Version | None = None
    create: NewVersion | None = None
    relabels: tuple[Relabel, ...] = ()
    previous: versions.Version | None = None
    source_version: int | None = None
    offered_version: int | None = None
    promote: bool = False
    frozen: bool = False
    group: tuple[str, ...] = ()
    recorded_with: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()

    @property
    def rejected_ids(self) -> frozenset[str]:
        """The ids of versions that are quarantined before any consumer moves."""
        return frozenset(
            relabel.secret.id
            for relabel in self.relabels
            if relabel.labels.get(secret_labels.STATUS) == secret_labels.QUARANTINED
        )

    @property
    def labels(self) -> t.Mapping[str, str]:
        """The labels that the version then has which consumers are to run; empty: there is none."""
        if self.create is not None:
            return self.create.labels
        if self.current is None:
            return {}
        labels = self.current.secret.labels
        for relabel in self.relabels:
            if relabel.secret.id == self.current.secret.id:
                labels = relabel.labels
        return labels

    @property
    def current_name(self) -> str | None:
        """The Swarm name of the version consumers are to run."""
        if self.create is not None:
            return self.create.name
        return self.current.secret.name if self.current is not None else None

    @property
    def current_number(self) -> int:
        """The number of that version."""
        if self.create is not None:
            return self.create.number
        return self.current.number if self.current is not None else 0


class Swap(t.NamedTuple):
    """One reference of a consumer that moves to the current version of its logical secret."""

    logical: str
    old: model.Reference


class Attach(t.NamedTuple):
    """One reference that a consumer gets in addition."""

    logical: str
    attachment: request.Attachment


class ServiceAction(words.Word):
    """What a run does about one consumer."""

    #: Its spec changes.
    UPDATE = "update"
    #: It refers to the current version already, but nobody saw it converge.
    WATCH = "watch"
    #: Nothing; the reason says why.
    SKIP = "skip"
    #: Nothing, and the user must act before it can get its secrets.
    HOLD = "hold"
    #: Nothing yet: the turn of its wave comes in a later run.
    LATER = "later"


UPDATE, WATCH = ServiceAction.UPDATE, ServiceAction.WATCH
SKIP, HOLD = ServiceAction.SKIP, ServiceAction.HOLD
LATER = ServiceAction.LATER


class ConsumerPlan(t.NamedTuple):
    """What becomes of one consumer: ONE update for all of its swaps."""

    service: model.Service
    action: ServiceAction
    wave: int
    reason: str
    swaps: tuple[Swap, ...] = ()
    attaches: tuple[Attach, ...] = ()
    watched: tuple[str, ...] = ()
    #: Secrets whose current version failed on this very consumer before.
    refused: tuple[str, ...] = ()
    #: Secrets of which it has several versions that somebody else made, and keeps them.
    unclear: tuple[str, ...] = ()
    #: Secrets the consumer runs a rejected version of, so that its present state is no good.
    escapes: bool = False
    #: It rejected several values at once, and which of them it was is not known.
    singly: bool = False

    @property
    def moves(self) -> bool:
        """Whether it is updated, or an update of it seen to its end."""
        return self.action in (UPDATE, WATCH)

    @property
    def changed_secrets(self) -> tuple[str, ...]:
        """Logical secrets whose references change, in order."""
        names = [swap.logical for swap in self.swaps] + [item.logical for item in self.attaches]
        return tuple(dict.fromkeys(names))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Logical secrets this entry is about."""
        return tuple(
            dict.fromkeys((*self.changed_secrets, *self.watched, *self.refused, *self.unclear))
        )


class Plan(t.NamedTuple):
    """Everything one run is going to do, in order."""

    secrets: tuple[SecretPlan, ...]
    consumers: tuple[ConsumerPlan, ...]
    retire: tuple[versions.Version, ...]
    warnings: tuple[str, ...] = ()
    #: Names of the Swarm secrets whose lease nobody needs any more after this.
    revoke: tuple[str, ...] = ()
    #: Logical secrets that the run leaves to a later one to confirm, and to clean up after.
    unfinished: frozenset[str] = frozenset()

    @property
    def by_name(self) -> dict[str, SecretPlan]:
        """The secrets' plans by logical name."""
        return {secret.name: secret for secret in self.secrets}

    def siblings_of(self, name: str) -> tuple[str, ...]:
        """Return the logical secrets that one read fills together with one, itself included."""
        planned = self.by_name.get(name)
        return (planned.siblings if planned else ()) or (name,)

    @property
    def touched_services(self) -> frozenset[str]:
        """The ids of services that are updated, or watched, or will be when their wave's turn comes."""
        return frozenset(
            item.service.id for item in self.consumers if item.moves or item.action is LATER
        )

    @property
    def waves(self) -> tuple[int, ...]:
        """The waves that have something to move, and are moved."""
        return tuple(sorted({item.wave for item in self.consumers if item.moves}))

    @property
    def waves_left(self) -> tuple[int, ...]:
        """The waves that a later run is to move."""
        return tuple(sorted({item.wave for item in self.consumers if item.action is LATER}))

    @property
    def changes(self) -> bool:
        """Tell whether carrying it out changes anything in Swarm."""
        return bool(
            self.retire
            or self.revoke
            or any(s.create or s.relabels for s in self.secrets)
            or any(s.promote and s.name not in self.unfinished for s in self.secrets)
            or any(c.action == UPDATE for c in self.consumers)
        )
