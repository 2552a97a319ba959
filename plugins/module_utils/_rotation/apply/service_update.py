# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One consumer on its way: decides what is to be done next, and does none of it.

A rollout hands it what it has read, carries out the steps that it returns, and tells it what became
of them.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field

from ..._common import errors
from ..._swarm import convergence
from ..._swarm import spec as specs
from ..observe import consumers
from ..plan import model as plan_model
from ..plan import services
from . import actions, spec_edits, suspects, verdict
from . import outcome as outcomes

if t.TYPE_CHECKING:
    from ..._swarm import model as swarm_model
    from .. import request
    from ..observe import state as states

#: How a consumer ends that the plan does not move.
_LEFT_ALONE = {
    plan_model.SKIP: outcomes.ServiceState.SKIPPED,
    plan_model.HOLD: outcomes.ServiceState.HELD,
    plan_model.LATER: outcomes.ServiceState.WAITING,
}
#: How much longer than its own settings say a rollout may rest between two tasks.
_SLACK = 1.25


class Phase(enum.Enum):
    """Where a consumer stands."""

    WAITING = "to be updated as soon as it is settled"
    WATCHING = "updated, not yet converged"
    LEAVING = "to be sent back"
    RETURNING = "on its way back"


@dataclass(frozen=True)
class Rules:
    """What all consumers of a rollout have in common.

    :param targets: the version that consumers are to run, by logical name.
    :param siblings: the logical secrets that one read fills together with one, itself included.
    """

    state: states.SwarmState
    options: request.Options
    targets: t.Mapping[str, spec_edits.Target]
    siblings: t.Callable[[str], t.Sequence[str]]


@dataclass(frozen=True)
class Known:
    """What a rollout knows of secrets from all of its consumers.

    :param blocked: why a secret is started on no further consumer.
    :param suspected: secrets of which it is not known yet.
    :param cleared: secrets that have converged on a consumer.
    """

    blocked: t.Mapping[str, str]
    suspected: t.Container[str] = ()
    cleared: t.Container[str] = ()


@dataclass
class ServiceUpdate:
    """The state of one consumer during a rollout; the only mutable data of the core."""

    plan: plan_model.ConsumerPlan
    rules: Rules
    phase: Phase = Phase.WAITING
    started: float = 0.0
    deadline: float = 0.0
    updated: bool = False
    #: A request was sent whose answer got lost, so that the engine may have carried it out.
    unsure: bool = False
    #: Logical secrets that it was moved to, or is watched with.
    moved: tuple[str, ...] = ()
    #: Old reference of each new secret id; None where the reference was added.
    undo: dict[str, tuple[str, str] | None] = field(default_factory=dict)
    #: Ids of the secrets that it was moved to.
    given: frozenset[str] = frozenset()
    #: Secret ids every task must have once it has converged, or is back.
    expected: frozenset[str] = frozenset()
    #: The TaskTemplate of its tasks before it was moved.
    template: swarm_model.RawSpec | None = None
    reason: str = ""
    #: Secrets of the plan that were not moved, with the reasons.
    omitted: dict[str, str] = field(default_factory=dict)
    #: Ids of the tasks last seen running all at once, and since when.
    steady: tuple[frozenset[str], float] = (frozenset(), 0.0)
    #: How many tasks had come up when it was last asked whether any had.
    up: int = 0
    #: How it ends where it goes back.
    ending: outcomes.ServiceState = outcomes.ServiceState.ROLLED_BACK
    #: It goes back only to stay like another.
    with_others: bool = False
    #: Of an update with several new values: which are at fault.
    suspects: suspects.Suspects = field(default_factory=suspects.Suspects)
    outcome: outcomes.Outcome | None = None
    service: swarm_model.Service = field(init=False)

    def __post_init__(self) -> None:
        """Begin where the plan has left it."""
        self.service = self.plan.service
        self.before = consumers.Consumer.of(self.plan.service, self.rules.state)
        if self.plan.action == plan_model.WATCH:
            self.phase = Phase.WATCHING

    @property
    def name(self) -> str:
        """The service's name."""
        return self.plan.service.name

    def needs_tasks(self, now: float) -> bool:
        """Tell whether the next step depends on the tasks.

        While the engine is at work on a service, and in time, its word is enough.
        """
        if self.phase is Phase.WAITING:
            return bool(self._went_back_meanwhile())
        if self.phase is Phase.LEAVING:
            return False
        if self.service.update_state != "updating" or now > self.deadline:
            return True
        return self.before.up < self.before.wanted

    def see(self, service: swarm_model.Service) -> None:
        """Take note of the service as it is now."""
        self.service = service

    # -- starting ---------------------------------------------------------------------------

    def begin(self, now: float, known: Known) -> actions.Actions:
        """Take the first step."""
        if self.plan.action in _LEFT_ALONE:
            self.finish(_LEFT_ALONE[self.plan.action], now)
            return []
        self.started = now
        self._wait_anew(now)
        if self.phase is Phase.WATCHING:
            self._watch_earlier_run()
            return []
        if self.plan.singly and self._may_try_singly():
            self._suspect(self.plan.changed_secrets, known)
            self.suspects.next_trial()
            suspected = actions.Suspect(self.plan.changed_secrets)
            return [suspected, *self._try_update((), now, known)]
        return self._try_update((), now, known)

    def _watch_earlier_run(self) -> None:
        """Take over what a run has begun that was killed, or did not wait for its end."""
        targets = self.rules.targets
        self.moved = tuple(name for name in self.plan.watched if name in targets)
        self.given = frozenset(targets[name].secret_id for name in self.moved)
        self._expect(self.service.references)
        previous = self.service.raw_previous_spec
        had = {item.secret_id for item in self.service.previous_references}
        if previous is not None and not self.given & had:
            self.template = previous.get("TaskTemplate") or {}

    def step(
        self, tasks: t.Sequence[swarm_model.Task], now: float, known: Known
    ) -> actions.Actions:
        """Decide what is to be done next.

        :param tasks: all that the engine remembers of the service, read before the service; none
            where they are not needed.
        """
        if self.phase is Phase.WAITING:
            return self._try_update(tasks, now, known)
        if self.phase is Phase.WATCHING:
            return self._watch(tasks, now, known)
        if self.phase is Phase.LEAVING:
            return self._send_back(now, known)
        return self._watch_return(tasks, now)

    def _try_update(
        self, tasks: t.Sequence[swarm_model.Task], now: float, known: Known
    ) -> actions.Actions:
        """Send the consumer's one update, unless someone else's is still under way."""
        changed = self.plan.changed_secrets
        blocked = spec_edits.kept_back(changed, known.blocked, self.rules.siblings)
        if self.suspects.trial is not None:
            blocked.update(dict.fromkeys(set(changed) - self.suspects.trial, ""))
        elif any(name in known.suspected for name in changed):
            return []
        if blocked and len(blocked) == len(self.plan.secrets):
            reasons = [f"{name}: {text}" for name, text in blocked.items() if text]
            self.finish(outcomes.ServiceState.BLOCKED, now, "; ".join(reasons))
            return []
        rejected = self._rejected_meanwhile(tasks)
        if rejected:
            self.moved = rejected
            return self._reject("another run moved it, and it was rolled back", now, known)
        rules = self.rules
        move = spec_edits.move_to_targets(
            self.service, self.plan, rules.state, rules.targets, blocked, siblings=rules.siblings
        )
        self.undo.update(move.undo)
        self.moved = move.names
        self.given = frozenset(rules.targets[name].secret_id for name in move.names)
        if move.spec is not None:
            if not self._may_update(now):
                return []
            self._omit(blocked)
            return [actions.Send(move.spec)]
        if not self.moved:
            self.finish(outcomes.ServiceState.SUPERSEDED, now, "somebody else changed its secrets")
            return []
        # The engine made an update whose answer was lost, or another run made the same one.
        self.updated = self.updated or self.unsure
        self._omit(blocked)
        self._now_watched(self.service.raw_spec, now)
        return []

    def _omit(self, blocked: t.Mapping[str, str]) -> None:
        """Note which secrets are not moved although the others of this consumer are."""
        self.omitted = {name: text for name, text in blocked.items() if text}

    def _may_update(self, now: float) -> bool:
        """Tell whether the service is in a state to be updated; finishes if it will not be."""
        if self.plan.escapes or self.rules.options.force:
            return True
        if not convergence.is_settled(self.service):
            if now > self.deadline and self.before.up < self.before.wanted:
                return True  # it cannot end: a task of it cannot come up
            if now > self.deadline:
                reason = (
                    f"another update of it is still {self.service.update_state} after "
                    f"{self.rules.options.wait_timeout:g} s; it was left alone"
                )
                self.finish(outcomes.ServiceState.HELD, now, reason)
            return False
        if self.service.update_state in services.PAUSED_STATES and not self.updated:
            # So ended the update that was waited for, or one made since the services were listed.
            self.finish(outcomes.ServiceState.HELD, now, services.pause_text(self.service))
            return False
        return True

    def _went_back_meanwhile(self) -> tuple[str, ...]:
        """Return what another run may have moved it to since the services were listed."""
        service = self.service
        if self.updated or not service.went_back:
            return ()
        if service.update_started == self.plan.service.update_started:
            return ()
        present = {item.secret_id for item in service.references}
        before = {item.secret_id for item in service.previous_references}
        targets = self.rules.targets
        return tuple(
            name
            for name in self.plan.changed_secrets
            if name in targets
            and targets[name].secret_id not in present
            and (service.raw_previous_spec is None or targets[name].secret_id in before)
        )

    def _rejected_meanwhile(self, tasks: t.Sequence[swarm_model.Task]) -> tuple[str, ...]:
        """Return what another run moved it to, and it was rolled back from."""
        names = self._went_back_meanwhile()
        if not names or self.service.raw_previous_spec is not None:
            return names
        # The engine forgets what it rolled back from, but not the tasks that failed.
        ended = [task for task in tasks if task.ended_by_itself]
        ran = {secret_id for task in ended for secret_id in task.secret_ids}
        return tuple(name for name in names if self.rules.targets[name].secret_id in ran)

    # -- what became of a request -------------------------------------------------------------

    def sent(self, sent: actions.Send, now: float) -> actions.Actions:
        """Go on after a request that the engine has carried out."""
        self.updated, self.unsure = True, False
        if self.phase is Phase.WAITING:
            self._now_watched(sent.spec or self.service.raw_spec, now)
            return []
        back = (
            self.service.previous_references if sent.spec is None else specs.references(sent.spec)
        )
        return self._now_returning(back, now)

    def not_sent(self, error: errors.DockerError, now: float) -> None:
        """Go on after a request that the engine has refused, or whose answer was lost."""
        if isinstance(error, errors.DockerNotFoundError):
            self.gone(now)
            return
        self.unsure = self.unsure or error.transient
        late = now > self.deadline
        if self.phase is Phase.LEAVING:
            if late or not (isinstance(error, errors.OutOfSequenceError) or error.transient):
                self.finish(outcomes.ServiceState.ROLLBACK_FAILED, now, f"{self.reason}; {error}")
        elif isinstance(error, errors.OutOfSequenceError):
            # The index moved: the next look reads the service anew and the swap is made again.
            if late:
                reason = "it kept changing while it was to be updated"
                self.finish(outcomes.ServiceState.FAILED, now, reason)
        elif late or not error.transient:
            self.finish(outcomes.ServiceState.FAILED, now, str(error))

    def not_read(self, error: errors.DockerError, now: float) -> None:
        """Go on after a look that failed."""
        if not error.transient or now > self.deadline:
            self.finish(outcomes.ServiceState.FAILED, now, str(error))

    def gone(self, now: float) -> None:
        """Finish: the service was removed."""
        self.finish(outcomes.ServiceState.GONE, now, "the service was removed meanwhile")

    def cut_off(self, now: float) -> None:
        """Finish: the run is to end before this consumer has."""
        moved = self.phase is not Phase.WAITING
        reason = "the run was ended before it was seen to converge; the next one goes on"
        self.finish(
            outcomes.ServiceState.LATE if moved else outcomes.ServiceState.HELD, now, reason
        )

    def _now_watched(self, spec: swarm_model.RawSpec, now: float) -> None:
        template = self.service.raw_spec.get("TaskTemplate") or {}
        if spec is not self.service.raw_spec:
            self.template = template
        elif self.template is None:  # its answer was lost, or another run was faster
            self.template = self.plan.service.raw_spec.get("TaskTemplate") or {}
        self._wait_anew(now)
        self._expect(specs.references(spec))
        self.phase = Phase.WATCHING
        if not self.rules.options.wait:
            self.finish(outcomes.ServiceState.UPDATING, now)

    def _wait_anew(self, now: float) -> None:
        self.up = 0
        self.steady = (frozenset(), now)
        self.deadline = now + self._patience()

    def _patience(self) -> float:
        """Return the seconds in which the next task has to come up."""
        own = convergence.own_seconds(self.service) * _SLACK
        return max(self.rules.options.wait_timeout, own)

    # -- watching ---------------------------------------------------------------------------

    @property
    def _question(self) -> verdict.Question:
        return verdict.Question(self.before, self.template, self.expected, self.given)

    def _watch(
        self, tasks: t.Sequence[swarm_model.Task], now: float, known: Known
    ) -> actions.Actions:
        late = self._is_late(tasks, now)
        seen = verdict.judge(
            self._question,
            self.service,
            tasks,
            steady=self._is_steady(tasks, now, self._unwatched_seconds()),
            late=late,
        )
        finding = seen.finding
        in_time = f"not converged after {self._patience():g} s: " if late else ""
        if finding is verdict.Finding.SUPERSEDED:
            self.finish(outcomes.ServiceState.SUPERSEDED, now, seen.reason)
        elif finding is verdict.Finding.CONVERGED:
            return self._converged(now)
        elif finding is verdict.Finding.REJECTED:
            return self._reject(f"{in_time}{seen.reason}", now, known)
        elif finding is verdict.Finding.NEVER_RAN:
            return self._put_back(f"{in_time}{seen.reason}", now)
        elif finding is verdict.Finding.GIVEN_UP:
            # To undo that update would be to send its spec, with older secrets, once more.
            reason = f"{seen.reason}; its secrets are not to blame, so it was left alone"
            self.finish(outcomes.ServiceState.HELD, now, reason)
        elif finding is verdict.Finding.DEGRADED:
            if late or self._is_steady(tasks, now, convergence.monitor_seconds(self.service)):
                self.finish(outcomes.ServiceState.DEGRADED, now, seen.reason, mixed=seen.mixed)
        elif late:
            reason = (
                f"no further task came up within {self._patience():g} s, though none has failed: "
                f"{seen.reason}"
            )
            self.finish(outcomes.ServiceState.LATE, now, reason)
        elif not self.rules.options.wait:
            self.finish(outcomes.ServiceState.UPDATING, now)
        return []

    def _unwatched_seconds(self) -> float:
        """Return how long tasks must be seen running before they are believed in.

        Where somebody has updated the service after us, if only to scale it, the engine watches no
        longer what our update has brought.
        """
        before = {reference.secret_id for reference in self.service.previous_references}
        overtaken = self.updated and bool(self.given) and self.given <= before
        if overtaken:
            return convergence.monitor_seconds(self.service)
        return convergence.unwatched_seconds(self.service)

    def _is_late(self, tasks: t.Sequence[swarm_model.Task], now: float) -> bool:
        """Tell whether to wait no longer: time counts from the last task that came up."""
        if now <= self.deadline:
            return False
        up = verdict.came_up(self._question, tasks)
        if up > self.up:
            self.up, self.deadline = up, now + self._patience()
            return False
        return True

    def _is_steady(self, tasks: t.Iterable[swarm_model.Task], now: float, seconds: float) -> bool:
        """Tell whether the same tasks have run long enough to believe that they do not crash."""
        ids = frozenset(task.id for task in tasks if task.is_live)
        if ids != self.steady[0]:
            self.steady = (ids, now)
        return not ids or now - self.steady[1] >= seconds

    def _converged(self, now: float) -> actions.Actions:
        if self.suspects.trial is None:
            self.finish(outcomes.ServiceState.CONVERGED, now)
            return []
        steps: actions.Actions = [actions.Clear(self.suspects.passed())]
        return steps + self._go_on(now)

    # -- failing and going back ---------------------------------------------------------------

    def _reject(self, reason: str, now: float, known: Known) -> actions.Actions:
        """Go back from what the consumer has rejected, and find out which of several it was."""
        self.reason = reason
        self.omitted = {}  # what was moved does not stay either
        mode = self.rules.options.on_failure
        if mode == "continue":
            self.finish(outcomes.ServiceState.FAILED, now)
            return []
        if mode == "pause":
            self.finish(outcomes.ServiceState.FAILED, now)
            return [actions.Block(self.moved, self._failed_here()), actions.Quarantine(self.moved)]
        self._leave(outcomes.ServiceState.ROLLED_BACK, now)
        steps: actions.Actions = []
        if not self._may_try_singly():
            self.suspects.bad = self.moved
            steps.append(actions.Block(self.moved, self._failed_here()))
            if mode == "rollback_all":
                steps.append(actions.TakeBack(self.moved))
        elif self.suspects.batch:
            # What is good stays where it is.
            self.moved = tuple(name for name in self.moved if name not in self.suspects.good)
            steps += self._blame(self.suspects.failed())
        else:
            self._suspect(self.moved, known)
            steps += [actions.Suspect(self.moved), *self._blame(self.suspects.eliminated())]
        return steps + self._send_back(now, known)

    def _blame(self, names: tuple[str, ...]) -> actions.Actions:
        return [actions.Block(names, self._failed_here())] if names else []

    def _failed_here(self) -> str:
        return f"its new version failed on {self.name}"

    def _put_back(self, reason: str, now: float) -> actions.Actions:
        """Go back from what never ran, without a word on the value.

        Nobody goes back with it: the next run tries it again, and would move those that run well
        forth and back for it each time.
        """
        self.reason, self.omitted = reason, {}
        on_failure = self.rules.options.on_failure
        if on_failure not in ("rollback", "rollback_all") or self._is_way_out(self.moved):
            self.finish(outcomes.ServiceState.UNPLACEABLE, now)
            return []
        self._leave(outcomes.ServiceState.UNPLACEABLE, now)
        return self._send_back(now, Known({}))

    def take_back(self, names: t.Collection[str], by: str, now: float) -> bool:
        """Let a consumer that is well, or will be, go back with another; False: it need not."""
        moved = [name for name in self.moved if name in names]
        if not self.updated or self.phase is not Phase.WATCHING or self._is_way_out(moved):
            return False
        self.reason = f"goes back together with {by}"
        self.outcome = None
        self.with_others = True
        self._leave(outcomes.ServiceState.ROLLED_BACK, now)
        self.moved = tuple(moved)
        return True

    def _is_way_out(self, names: t.Iterable[str]) -> bool:
        """Tell whether it left these at what had been rejected, to which nobody is to come back.

        Only a rejected version is newer than the one that consumers are to run.
        """
        known, targets = self.rules.state.by_secret_id, self.rules.targets
        for new_id in (targets[name].secret_id for name in names):
            old = self.undo.get(new_id)
            if old is None or new_id not in known or old[0] not in known:
                return False
            if known[old[0]].number <= known[new_id].number:
                return False
        return True

    def _leave(self, ending: outcomes.ServiceState, now: float) -> None:
        self.phase, self.ending = Phase.LEAVING, ending
        self._wait_anew(now)

    def _send_back(self, now: float, known: Known) -> actions.Actions:
        """Send the consumer back, unless it is back already, by whomever."""
        if self.with_others:
            blocked = known.blocked
            self._omit({name: blocked[name] for name in self.moved if name in blocked})
        gone_from = {name: self.rules.targets[name] for name in self.moved}
        gone_ids = {target.secret_id for target in gone_from.values()}
        if gone_ids.isdisjoint(item.secret_id for item in self.service.references):
            return self._now_returning(self.service.references, now)
        versions = self.rules.state.by_secret_id.values()
        rejected = {version.secret.id for version in versions if version.is_quarantined}
        if spec_edits.can_use_previous_spec(self.service, self.given, gone_ids, rejected):
            return [actions.Send(None)]
        spec = spec_edits.go_back(self.service, self.rules.state, gone_from, self.undo)
        if spec is None:
            steps: actions.Actions = (
                [actions.Quarantine(self.suspects.bad)] if self.suspects.bad else []
            )
            self.finish(
                outcomes.ServiceState.FAILED, now, f"{self.reason}; no version to go back to"
            )
            return steps
        return [actions.Send(spec)]

    def _now_returning(
        self, back: t.Iterable[swarm_model.Reference], now: float
    ) -> actions.Actions:
        """Note the failure only once the way back is sent.

        Killed in between, the next run still finds the consumer as a failed one.
        """
        self.phase = Phase.RETURNING
        self._expect(back)
        self._wait_anew(now)
        if not self.rules.options.wait:
            self.finish(self.ending, now, f"{self.reason}; on its way back")
        return [actions.Quarantine(self.suspects.bad)] if self.suspects.bad else []

    def _watch_return(self, tasks: t.Sequence[swarm_model.Task], now: float) -> actions.Actions:
        late = self._is_late(tasks, now)
        seen = convergence.assess_rollback(self.service, tasks, self.expected)
        unwatched = convergence.unwatched_seconds(self.service)
        if seen.superseded:
            self.finish(outcomes.ServiceState.SUPERSEDED, now, f"{self.reason}; {seen.reason}")
        elif seen.state == "converged" and self._is_steady(tasks, now, unwatched):
            return self._go_on(now)
        elif self._is_as_before(tasks):
            self.finish(self.ending, now, f"{self.reason}; back, and as before: {seen.reason}")
        elif seen.state == "failed":
            reason = f"{self.reason}; going back failed: {seen.reason}"
            self.finish(outcomes.ServiceState.ROLLBACK_FAILED, now, reason)
        elif late:
            reason = seen.reason or "its tasks do not keep running"
            self.finish(
                outcomes.ServiceState.ROLLBACK_FAILED,
                now,
                f"{self.reason}; not back after {self._patience():g} s: {reason}",
            )
        return []

    def _is_as_before(self, tasks: t.Sequence[swarm_model.Task]) -> bool:
        """Tell whether it is back in the trouble that it was in before the run."""
        before = self.before
        if not before.looked or before.up >= before.wanted:
            return False
        up = [task for task in tasks if task.is_up]
        return len(up) >= before.up and all(self.expected <= task.secret_ids for task in up)

    # -- several suspects ---------------------------------------------------------------------

    def _may_try_singly(self) -> bool:
        options = self.rules.options
        return options.wait and options.on_failure == "rollback"

    def _suspect(self, names: t.Iterable[str], known: Known) -> None:
        self.suspects.begin(suspects.groups_of(names, self.rules.siblings), known.cleared)

    def _go_on(self, now: float) -> actions.Actions:
        """Go on after a consumer has converged on a trial, or is back: try what is left."""
        if self.ending is outcomes.ServiceState.UNPLACEABLE:
            self.finish(self.ending, now)
            return []
        last = self.suspects.eliminated()
        steps: actions.Actions = [*self._blame(last), actions.Quarantine(last)] if last else []
        ids = {reference.secret_id for reference in self.service.references}
        targets = self.rules.targets.items()
        if not self.suspects.try_next({name for name, one in targets if one.secret_id in ids}):
            self._end_trials(now)
            return steps
        self.phase = Phase.WAITING
        self.moved = ()
        self._wait_anew(now)
        return steps

    def _end_trials(self, now: float) -> None:
        good, bad = self.suspects.good, self.suspects.bad
        if bad:
            reason = ""
            if good:
                self.omitted = dict.fromkeys(bad, self.reason)
                reason = f"{', '.join(sorted(good))} is not at fault"
            self.finish(outcomes.ServiceState.ROLLED_BACK, now, reason)
        elif self.phase is Phase.WATCHING:
            self.reason = ""
            self.finish(outcomes.ServiceState.CONVERGED, now)
        else:
            self.finish(self.ending, now)

    # -- the end ------------------------------------------------------------------------------

    def _expect(self, references: t.Iterable[swarm_model.Reference]) -> None:
        """Note which of these references every task must have: those to secrets that moved."""
        self.expected = frozenset(
            reference.secret_id
            for reference in references
            if reference.secret_id in self.undo
            or reference.secret_id in self.given
            or (
                (version := self.rules.state.by_secret_id.get(reference.secret_id)) is not None
                and version.logical in self.moved
            )
        )

    def finish(
        self, state: outcomes.ServiceState, now: float, reason: str = "", *, mixed: bool = False
    ) -> None:
        """Note the end."""
        reasons = [reason or self.reason or self.plan.reason]
        if state is outcomes.ServiceState.CONVERGED and self.omitted:
            # As far as it went: the user must not take it for up to date.
            state, reasons = outcomes.ServiceState.BLOCKED, []
        reasons += [f"{name} is left out: {text}" for name, text in self.omitted.items()]
        self.outcome = outcomes.Outcome(
            service=self.name,
            state=state,
            reason="; ".join(filter(None, reasons)),
            secrets=tuple(dict.fromkeys((*self.plan.secrets, *self.moved))),
            updated=self.updated,
            duration=round(now - self.started, 3) if self.started else 0.0,
            left_out=tuple(self.omitted),
            mixed=mixed,
        )
