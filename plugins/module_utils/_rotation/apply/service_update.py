# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One consumer on its way: where it stands, and the spec edits that move it on or back."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field

from ..._swarm.convergence import unwatched_seconds
from ..._swarm.spec import (
    attach_reference,
    detach_reference,
    differs_only_in_references,
    swap_references,
)
from ..plan.model import WATCH
from .outcome import BLOCKED, CONVERGED, Outcome

if t.TYPE_CHECKING:
    from ..._swarm.model import RawSpec, Reference, Service, Task
    from ..observe.state import SwarmState
    from ..plan.model import ConsumerPlan


class Phase(enum.Enum):
    """Where a consumer stands."""

    WAITING = "to be updated as soon as it is settled"
    WATCHING = "updated, not yet converged"
    FAILED = "to be rolled back"
    REVERTING = "well, but to go back with the others"
    ROLLING_BACK = "on its way back"


@dataclass(frozen=True)
class Target:
    """The version of a logical secret that consumers are to run."""

    secret_id: str
    name: str


@dataclass
class ConsumerRun:
    """The state of one consumer during a rollout; the only mutable data of the core."""

    plan: ConsumerPlan
    phase: Phase
    service: Service
    started: float = 0.0
    deadline: float = 0.0
    updated: bool = False
    #: An update was sent whose answer got lost, so that the engine may have made it.
    unsure: bool = False
    #: Logical secrets the update moved.
    moved: tuple[str, ...] = ()
    #: Old reference of each new secret id; None where the reference was added.
    undo: dict[str, tuple[str, str] | None] = field(default_factory=dict)
    #: Ids of the secrets that it moved to.
    given: frozenset[str] = frozenset()
    reason: str = ""
    #: Secrets of the plan that were not moved, with the reasons.
    omitted: dict[str, str] = field(default_factory=dict)
    #: Secret ids every task must have once it has converged, or is back.
    expected: frozenset[str] = frozenset()
    #: Ids of the tasks last seen running all at once, and since when.
    steady: tuple[frozenset[str], float] = (frozenset(), 0.0)
    outcome: Outcome | None = None

    @classmethod
    def of(cls, plan: ConsumerPlan) -> ConsumerRun:
        """Start from the plan."""
        phase = Phase.WATCHING if plan.action == WATCH else Phase.WAITING
        run = cls(plan, phase, plan.service)
        if plan.action == WATCH:
            run.moved = plan.watched
        return run

    @property
    def name(self) -> str:
        """The service's name."""
        return self.plan.service.name

    def is_steady(self, tasks: t.Iterable[Task], now: float) -> bool:
        """Tell whether the same tasks have run long enough to believe that they do not crash."""
        ids = frozenset(task.id for task in tasks)
        if ids != self.steady[0]:
            self.steady = (ids, now)
        return not ids or now - self.steady[1] >= unwatched_seconds(self.service)

    def finish(self, state: str, now: float, reason: str = "") -> None:
        """Note the end."""
        reasons = [reason or self.reason or self.plan.reason]
        if state == CONVERGED and self.omitted:
            # As far as it went: the user must not take it for up to date.
            state, reasons = BLOCKED, []
        reasons += [f"{name} is left out: {text}" for name, text in self.omitted.items()]
        self.outcome = Outcome(
            service=self.name,
            state=state,
            reason="; ".join(filter(None, reasons)),
            secrets=self.plan.secrets,
            updated=self.updated,
            duration=round(now - self.started, 3) if self.started else 0.0,
            left_out=tuple(self.omitted),
        )

    def left_out(self, blocked: t.Mapping[str, str]) -> None:
        """Note which secrets are not moved although the others of this consumer are."""
        self.omitted = {
            name: blocked[name] for name in self.plan.changed_secrets if name in blocked
        }

    def moved_spec(
        self, state: SwarmState, targets: t.Mapping[str, Target], blocked: t.Container[str]
    ) -> RawSpec | None:
        """Return the service's spec with all swaps made; None where nothing is left to swap.

        Made from the service as last read, so after a conflict it is simply made again.
        """
        wanted = [name for name in self.plan.changed_secrets if name not in blocked]
        swaps = {}
        referred = set()
        for reference in self.service.references:
            version = state.by_secret_id.get(reference.secret_id)
            logical = version.logical if version else None
            for name in wanted:
                target = targets[name]
                if reference.secret_id == target.secret_id:
                    referred.add(name)
                elif logical == name:
                    referred.add(name)
                    swaps[reference.secret_id] = (target.secret_id, target.name)
                    self.undo[target.secret_id] = (reference.secret_id, reference.secret_name)
        spec: RawSpec = self.service.raw_spec
        if swaps:
            spec = swap_references(spec, swaps)
        for attach in self.plan.attaches:
            if attach.logical in blocked or attach.logical in referred:
                continue
            target, item = targets[attach.logical], attach.attachment
            file_name = item.target if item.target is not None else attach.logical
            if any(reference.target == file_name for reference in self.service.references):
                continue  # somebody else attached one meanwhile
            referred.add(attach.logical)
            spec = attach_reference(
                spec,
                target.secret_id,
                target.name,
                file_name,
                item.uid,
                item.gid,
                item.mode,
            )
            self.undo[target.secret_id] = None
        # One that is not referred to any more was taken out, or moved on, by somebody else.
        found = [name for name in wanted if name in referred]
        self.moved = (*found, *(name for name in self.plan.watched if name not in blocked))
        self.given = frozenset(targets[name].secret_id for name in self.moved)
        return None if spec is self.service.raw_spec else spec

    def is_past(self, targets: t.Mapping[str, Target]) -> bool:
        """Tell whether the service's last update came after the one that moved it.

        Then both specs refer to what it was moved to, or it was rolled back *to* that; or, where
        this run did not move it, the update changed more than secrets, as deploying a stack file
        that names the current version does. Whatever became of such an update, it says nothing
        sure of the secrets, and is not ours to undo.
        """
        previous = self.service.raw_previous_spec
        more = (
            not self.updated
            and previous is not None
            and not differs_only_in_references(previous, self.service.raw_spec)
        )
        ids = {targets[name].secret_id for name in self.moved}
        present = {item.secret_id for item in self.service.references}
        before = {item.secret_id for item in self.service.previous_references}
        past = ids <= before or self.service.went_back or more
        return bool(ids) and ids <= present and past

    def rejected_meanwhile(self, targets: t.Mapping[str, Target]) -> tuple[str, ...]:
        """Return the secrets that another run moved it to, and that it was rolled back from.

        That is: since the services were listed. See find_rejected in plan_present.py.
        """
        service = self.service
        if not service.went_back or service.update_started == self.plan.service.update_started:
            return ()
        present = {item.secret_id for item in service.references}
        before = {item.secret_id for item in service.previous_references}
        return tuple(
            name
            for name in self.plan.changed_secrets
            if name in targets
            and targets[name].secret_id not in present
            and (service.raw_previous_spec is None or targets[name].secret_id in before)
        )

    def can_use_previous_spec(self, targets: t.Mapping[str, Target]) -> bool:
        """Tell whether the engine's own rollback undoes our swaps and nothing else."""
        previous = self.service.raw_previous_spec
        new_ids = {targets[name].secret_id for name in self.moved}
        return (
            previous is not None
            and not any(item.secret_id in new_ids for item in self.service.previous_references)
            and differs_only_in_references(previous, self.service.raw_spec)
        )

    def reverted_spec(
        self, state: SwarmState, targets: t.Mapping[str, Target], names: t.Container[str]
    ) -> RawSpec | None:
        """Return the spec with the swaps of some secrets undone; None where there is no way."""
        spec: RawSpec = self.service.raw_spec
        swaps: dict[str, tuple[str, str]] = {}
        for name in self.moved:
            if name not in names:
                continue
            target = targets[name]
            for reference in self.service.references:
                version = state.by_secret_id.get(reference.secret_id)
                if reference.secret_id != target.secret_id and (
                    version is None or version.logical != name
                ):
                    continue
                if reference.secret_id in self.undo:
                    old = self.undo[reference.secret_id]
                    if old is None:
                        spec = detach_reference(spec, reference.secret_id)
                    else:
                        swaps[reference.secret_id] = old
                elif version is not None:
                    before = state.secret(name).before(version.number)
                    if before is not None:
                        swaps[reference.secret_id] = (before.secret.id, before.secret.name)
        if swaps:
            spec = swap_references(spec, swaps)
        return None if spec is self.service.raw_spec else spec

    def expect(self, references: t.Iterable[Reference], state: SwarmState) -> None:
        """Note which of these references every task must have: those to secrets that moved."""
        self.expected = frozenset(
            reference.secret_id
            for reference in references
            if reference.secret_id in self.undo
            or reference.secret_id in self.given
            or (
                (version := state.by_secret_id.get(reference.secret_id)) is not None
                and version.logical in self.moved
            )
        )
