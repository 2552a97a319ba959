# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move consumers to their new versions side by side, wave after wave, and back on failure.

One thread and one listing of services for each look serve all consumers on their way: fewer
calls than a thread for each, and an order that a test can follow call by call.
"""

from __future__ import annotations

import itertools
import time
import typing as t
from collections import deque

from ..._common.errors import DockerError, DockerNotFoundError, OutOfSequenceError
from ..._swarm.convergence import assess, assess_rollback, is_settled, last_task_error
from ..._swarm.spec import references
from ..plan.model import HOLD, SKIP
from ..plan.services import PAUSED_STATES, pause_text
from . import outcome as outcomes
from .service_update import ConsumerRun, Phase

if t.TYPE_CHECKING:
    from ..._swarm.client import SwarmClient
    from ..._swarm.model import Reference, Service, Task
    from ..observe.state import SwarmState
    from ..plan.model import ConsumerPlan
    from ..request import Options
    from .service_update import Target

#: Seconds between two looks at the consumers on their way.
POLL_INTERVAL = 0.25

UNSTEADY = "its tasks do not keep running"


class Failures(t.Protocol):
    """Where failures are noted, to quarantine what a consumer was given."""

    def goes_with(self, logical: str) -> t.Iterable[str]:
        """Return the logical secrets that only work together with this one, itself included."""

    def note(self, logical: str, consumer: str) -> None:
        """Note that what consumers were to run of a logical secret failed on one."""


class Rollout:
    """Carries out the consumers' part of a plan.

    :param targets: the version consumers are to run, by logical name.
    :param failures: told of a failure once it was undone or left alone.
    """

    def __init__(
        self,
        swarm: SwarmClient,
        state: SwarmState,
        options: Options,
        targets: t.Mapping[str, Target],
        failures: Failures,
    ) -> None:
        self._swarm = swarm
        self._state = state
        self._targets = targets
        self._options = options
        self._failures = failures
        self._clock = time.monotonic
        self._blocked: dict[str, str] = {}
        self._runs: list[ConsumerRun] = []
        self._waiting: deque[ConsumerRun] = deque()

    def block(self, logical: str, reason: str) -> None:
        """Start this secret, and those that only work together with it, on no consumer any more."""
        for name in self._failures.goes_with(logical):
            self._blocked.setdefault(name, reason)

    def run(self, consumers: t.Iterable[ConsumerPlan]) -> list[outcomes.Outcome]:
        """Move all consumers, the next wave after the one before, and tell what became of each."""
        for _wave, group in itertools.groupby(consumers, key=lambda item: item.wave):
            wave = [ConsumerRun.of(plan) for plan in group]
            self._runs += wave
            # What an interrupted run has begun is seen to its end first: it may have failed, and
            # then its secrets are started on no further consumer.
            for watching in (True, False):
                self._waiting.extend(
                    run for run in wave if (run.phase is Phase.WATCHING) is watching
                )
                self._run_waiting()
            self._end_wave(wave)
        return [run.outcome for run in self._runs if run.outcome is not None]

    def _end_wave(self, wave: t.Iterable[ConsumerRun]) -> None:
        """Start no further consumer with a secret that has not converged in this wave."""
        if self._options.on_failure == "continue":
            return
        for run in wave:
            if run.outcome is not None and run.outcome.state in outcomes.FAILURES:
                for name in (*run.plan.changed_secrets, *run.plan.watched):
                    self.block(name, f"{run.name}, in a wave before, is {run.outcome.state}")

    def _run_waiting(self) -> None:
        active: list[ConsumerRun] = []
        while self._waiting or active:
            while self._waiting and len(active) < self._options.max_parallel:
                run = self._waiting.popleft()
                self._begin(run)
                if run.outcome is None:
                    active.append(run)
            if not active:
                continue
            self._look(active)
            # One that had converged, and is to go back with another, waits to begin again.
            again = {id(run) for run in self._waiting}
            still = [run for run in active if run.outcome is None and id(run) not in again]
            if len(still) == len(active):
                time.sleep(POLL_INTERVAL)
            active = still

    # -- starting ---------------------------------------------------------------------------

    def _begin(self, run: ConsumerRun) -> None:
        if run.plan.action in (SKIP, HOLD):
            run.finish(
                outcomes.HELD if run.plan.action == HOLD else outcomes.SKIPPED, self._clock()
            )
            return
        run.started = self._clock()
        run.deadline = run.started + self._options.wait_timeout
        if run.phase is Phase.WAITING:
            self._try_update(run)
        else:
            run.expect(run.service.references, self._state)

    def _try_update(self, run: ConsumerRun) -> None:
        """Send the consumer's one update, unless someone else's is still under way."""
        blocked = [name for name in run.plan.changed_secrets if name in self._blocked]
        if blocked and len(blocked) == len(run.plan.secrets):
            reason = "; ".join(f"{name}: {self._blocked[name]}" for name in blocked)
            run.finish(outcomes.BLOCKED, self._clock(), reason)
            return
        rejected = self._rejected_meanwhile(run)
        if rejected:
            run.moved = rejected
            self._fail(run, "another run moved it, and it was rolled back")
            return
        spec = run.moved_spec(self._state, self._targets, self._blocked)
        if spec is None:
            if not run.moved:
                run.finish(outcomes.SUPERSEDED, self._clock(), "somebody else changed its secrets")
                return
            # The engine made an update whose answer was lost, or another run made the same one.
            run.updated = run.updated or run.unsure
        elif not self._may_update(run) or not self._send(run, spec):
            return
        run.deadline = self._clock() + self._options.wait_timeout
        run.left_out(self._blocked)
        run.expect(references(spec or run.service.raw_spec), self._state)
        run.phase = Phase.WATCHING
        if not self._options.wait:
            run.finish(outcomes.UPDATING, self._clock())

    def _rejected_meanwhile(self, run: ConsumerRun) -> tuple[str, ...]:
        names = run.rejected_meanwhile(self._targets)
        if not names or run.service.raw_previous_spec is not None:
            return names
        try:
            tasks = self._swarm.tasks([run.service.id], live_only=False)
        except DockerError:
            return names
        # The engine forgets what it rolled back from, but not the tasks that failed.
        ran = {secret_id for task in tasks for secret_id in task.secret_ids}
        return tuple(name for name in names if self._targets[name].secret_id in ran)

    def _may_update(self, run: ConsumerRun) -> bool:
        """Tell whether the service is in a state to be updated; ends the run if it will not be."""
        if run.plan.escapes or self._options.force:
            return True
        if not is_settled(run.service):
            if self._clock() > run.deadline:
                run.finish(
                    outcomes.HELD,
                    self._clock(),
                    f"another update of it is still {run.service.update_state} after "
                    f"{self._options.wait_timeout:g} s; it was left alone",
                )
            return False
        if run.service.update_state in PAUSED_STATES:
            # So ended the update that was waited for, or one made since the services were listed.
            run.finish(outcomes.HELD, self._clock(), pause_text(run.service))
            return False
        return True

    def _send(self, run: ConsumerRun, spec: t.Mapping[str, t.Any]) -> bool:
        """Send an update; False where it must be tried again or has ended."""
        try:
            self._swarm.update_service(run.service, spec)
        except OutOfSequenceError:
            # The index moved: the next look reads the service anew and the swap is made again.
            if self._clock() > run.deadline:
                run.finish(
                    outcomes.FAILED, self._clock(), "it kept changing while it was to be updated"
                )
            return False
        except DockerNotFoundError:
            run.finish(outcomes.GONE, self._clock(), "the service was removed meanwhile")
            return False
        except DockerError as error:
            run.unsure = error.transient
            if not error.transient or self._clock() > run.deadline:
                run.finish(outcomes.FAILED, self._clock(), str(error))
            return False
        run.updated = True
        return True

    # -- watching ---------------------------------------------------------------------------

    def _look(self, active: t.Sequence[ConsumerRun]) -> None:
        """Read all consumers on their way once, and take each one step on."""
        try:
            found = self._read(run.service.id for run in active)
            settled = [
                run.service.id
                for run in active
                if run.phase in (Phase.WATCHING, Phase.ROLLING_BACK)
                and run.service.id in found
                and is_settled(found[run.service.id])
            ]
            tasks: t.Sequence[Task] = ()
            if settled:
                # Tasks first, then the service again: see convergence.py.
                tasks = self._swarm.tasks(settled, live_only=True)
                again = self._read(settled)
                found = {key: value for key, value in found.items() if key not in settled}
                found.update(again)
        except DockerError as error:
            for run in active:
                if not error.transient or self._clock() > run.deadline:
                    run.finish(outcomes.FAILED, self._clock(), str(error))
            return
        for run in active:
            service = found.get(run.service.id)
            if service is None:
                run.finish(outcomes.GONE, self._clock(), "the service was removed meanwhile")
                continue
            run.service = service
            self._step(run, [task for task in tasks if task.service_id == service.id])

    def _read(self, ids: t.Iterable[str]) -> dict[str, Service]:
        return {service.id: service for service in self._swarm.services(ids)}

    def _step(self, run: ConsumerRun, tasks: t.Sequence[Task]) -> None:
        if run.phase is Phase.WAITING:
            self._try_update(run)
        elif run.phase is Phase.WATCHING:
            self._watch(run, tasks)
        elif run.phase in (Phase.FAILED, Phase.REVERTING):
            self._send_back(run)
        else:
            self._watch_rollback(run, tasks)

    def _watch(self, run: ConsumerRun, tasks: t.Sequence[Task]) -> None:
        past = run.is_past(self._targets)
        seen = (assess_rollback if past else assess)(run.service, tasks, run.expected)
        reason = seen.reason
        late = self._clock() > run.deadline
        if late and seen.state == "progressing":
            reason = f"not converged after {self._options.wait_timeout:g} s: {reason}"
        if seen.superseded:
            run.finish(outcomes.SUPERSEDED, self._clock(), reason)
        elif seen.state == "converged" and run.is_steady(tasks, self._clock()):
            run.finish(outcomes.CONVERGED, self._clock())
        elif seen.state == "failed" or late:
            if past:
                # To undo that update would be to send its spec, with older secrets, once more.
                reason += "; its last update was not about its secrets, so it was left alone"
                run.finish(outcomes.HELD, self._clock(), reason)
            else:
                self._fail(run, reason)
        elif not self._options.wait:
            run.finish(outcomes.UPDATING, self._clock())

    # -- failing and going back ---------------------------------------------------------------

    def _fail(self, run: ConsumerRun, reason: str) -> None:
        run.reason = self._with_task_error(run, reason)
        run.omitted = {}  # what was moved does not stay either
        mode = self._options.on_failure
        if mode != "continue":
            for name in run.moved:
                self.block(name, f"its new version failed on {run.name}")
        if mode in ("rollback", "rollback_all"):
            run.phase = Phase.FAILED
            run.deadline = self._clock() + self._options.wait_timeout
            self._send_back(run)
            if mode == "rollback_all":
                self._revert_others(run)
        else:
            if mode == "pause":
                self._note_failure(run)
            run.finish(outcomes.FAILED, self._clock())

    def _with_task_error(self, run: ConsumerRun, reason: str) -> str:
        try:
            tasks = self._swarm.tasks([run.service.id], live_only=False)
        except DockerError:
            return reason  # the failure itself matters more than its last detail
        error = last_task_error(tasks, run.expected)
        return f"{reason}; last task error: {error}" if error else reason

    def _send_back(self, run: ConsumerRun) -> None:
        """Send the consumer back, unless the engine is doing so by itself."""
        if run.service.went_back:
            self._went_back(run, run.service.references)
            return
        reverting = run.phase is Phase.REVERTING
        try:
            if not reverting and run.can_use_previous_spec(self._targets):
                back = run.service.previous_references
                self._swarm.rollback_service(run.service)
            else:
                names = self._blocked if reverting else run.moved
                if reverting:
                    run.left_out(self._blocked)
                spec = run.reverted_spec(self._state, self._targets, names)
                if spec is None:
                    if not reverting:
                        self._note_failure(run)
                    run.finish(
                        outcomes.FAILED, self._clock(), f"{run.reason}; no version to go back to"
                    )
                    return
                back = references(spec)
                self._swarm.update_service(run.service, spec)
        except DockerNotFoundError:
            run.finish(outcomes.GONE, self._clock(), "the service was removed meanwhile")
        except DockerError as error:
            retry = isinstance(error, OutOfSequenceError) or error.transient
            if not retry or self._clock() > run.deadline:
                run.finish(outcomes.ROLLBACK_FAILED, self._clock(), f"{run.reason}; {error}")
        else:
            run.updated = True
            self._went_back(run, back)

    def _went_back(self, run: ConsumerRun, back: t.Iterable[Reference]) -> None:
        """Note the failure only once the way back is sent.

        Killed in between, the next run still finds the consumer as a failed one.
        """
        if run.phase is Phase.FAILED:
            self._note_failure(run)
        run.phase = Phase.ROLLING_BACK
        run.expect(back, self._state)
        run.deadline = self._clock() + self._options.wait_timeout
        if not self._options.wait:
            run.finish(outcomes.ROLLED_BACK, self._clock(), f"{run.reason}; on its way back")

    def _note_failure(self, run: ConsumerRun) -> None:
        names = (name for moved in run.moved for name in self._failures.goes_with(moved))
        for name in dict.fromkeys(names):
            self._failures.note(name, run.name)

    def _watch_rollback(self, run: ConsumerRun, tasks: t.Sequence[Task]) -> None:
        seen = assess_rollback(run.service, tasks, run.expected)
        if seen.superseded:
            run.finish(outcomes.SUPERSEDED, self._clock(), f"{run.reason}; {seen.reason}")
        elif seen.state == "converged" and run.is_steady(tasks, self._clock()):
            run.finish(outcomes.ROLLED_BACK, self._clock())
        elif seen.state == "failed":
            run.finish(
                outcomes.ROLLBACK_FAILED,
                self._clock(),
                f"{run.reason}; going back failed: {seen.reason}",
            )
        elif self._clock() > run.deadline:
            run.finish(
                outcomes.ROLLBACK_FAILED,
                self._clock(),
                f"{run.reason}; not back after {self._options.wait_timeout:g} s: "
                f"{seen.reason or UNSTEADY}",
            )

    def _revert_others(self, failed: ConsumerRun) -> None:
        """Send back every consumer this run moved to the same versions, so they stay alike."""
        for run in self._runs:
            moved = set(run.moved) & set(failed.moved)
            if run is failed or not run.updated or not moved:
                continue
            if run.phase is not Phase.WATCHING:
                continue
            run.reason = f"goes back together with {failed.name}"
            run.phase = Phase.REVERTING
            if run.outcome is not None:
                run.outcome = None
                self._waiting.appendleft(run)
