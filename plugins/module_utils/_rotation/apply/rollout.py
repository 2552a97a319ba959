# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move consumers to their new versions side by side, wave after wave, and back on failure.

One thread and one listing of services for each look serve all consumers on their way: fewer
calls than a thread for each, and an order that a test can follow call by call. What is to be done
with each of them, service_update.py decides.
"""

from __future__ import annotations

import itertools
import typing as t
from collections import deque

from ..._common import errors
from ..._swarm import convergence
from ..plan import model as plan_model
from . import actions, service_update
from . import outcome as outcomes

if t.TYPE_CHECKING:
    from ..._common import clock as clocks
    from ..._swarm import client
    from ..._swarm import model as swarm_model

#: Seconds between two looks at the consumers on their way.
POLL_INTERVAL = 0.25


class Failures(t.Protocol):
    """Where failures are noted, to quarantine what a consumer was given."""

    def goes_with(self, logical: str) -> t.Sequence[str]:
        """Return the logical secrets that only work together with this one, itself included."""

    def note(self, logical: str, consumer: str) -> None:
        """Note that what consumers were to run of a logical secret failed on one."""


class Rollout:
    """Carries out the consumers' part of a plan.

    :param failures: told of a failure once it was undone or left alone.
    """

    def __init__(
        self,
        swarm: client.SwarmClient,
        rules: service_update.Rules,
        failures: Failures,
        clock: clocks.Clock,
    ) -> None:
        self._swarm = swarm
        self._rules = rules
        self._failures = failures
        self._clock = clock
        self._blocked: dict[str, str] = {}
        #: Secrets that may be at fault, by the consumer that is finding out.
        self._suspected: dict[str, str] = {}
        self._updates: list[service_update.ServiceUpdate] = []
        self._waiting: deque[service_update.ServiceUpdate] = deque()

    def block(self, logical: str, reason: str) -> None:
        """Start this secret, and those that only work together with it, on no consumer any more."""
        for name in self._failures.goes_with(logical):
            self._blocked.setdefault(name, reason)
            self._suspected.pop(name, None)

    def run(self, consumers: t.Iterable[plan_model.ConsumerPlan]) -> list[outcomes.Outcome]:
        """Move all consumers, the next wave after the one before, and tell what became of each."""
        for _wave, group in itertools.groupby(consumers, key=lambda item: item.wave):
            wave = [service_update.ServiceUpdate(plan, self._rules) for plan in group]
            self._updates += wave
            # What an interrupted run has begun is seen to its end first: it may have failed, and
            # then its secrets are started on no further consumer.
            for watching in (True, False):
                self._waiting.extend(
                    update
                    for update in wave
                    if (update.plan.action is plan_model.WATCH) is watching
                )
                self._run_waiting()
            self._end_wave(wave)
        return [update.outcome for update in self._updates if update.outcome is not None]

    def _end_wave(self, wave: t.Iterable[service_update.ServiceUpdate]) -> None:
        """Start no further consumer with a secret that was not seen to work in this wave."""
        options = self._rules.options
        if options.on_failure == "continue":
            return
        for update in wave:
            outcome = update.outcome
            if outcome is None or outcome.state in outcomes.GOES_ON:
                continue
            if outcome.state is outcomes.ServiceState.UPDATING and not options.wait:
                continue
            for name in outcome.left_out or (*update.plan.changed_secrets, *update.plan.watched):
                self.block(name, f"{update.name}, in a wave before, is {outcome.state}")

    def _run_waiting(self) -> None:
        active: list[service_update.ServiceUpdate] = []
        while self._waiting or active:
            if self._clock.cancelled():
                self._cut_off(active)
                return
            self._begin_some(active)
            if not active:
                continue
            before = len(active)
            self._look(active)
            # One that had converged, and is to go back with another, waits to begin again.
            again = {id(update) for update in self._waiting}
            active = [
                update for update in active if update.outcome is None and id(update) not in again
            ]
            if len(active) == before:
                self._clock.sleep(POLL_INTERVAL)

    def _begin_some(self, active: list[service_update.ServiceUpdate]) -> None:
        """Begin with as many as may be on their way, save those that wait for a verdict."""
        later: list[service_update.ServiceUpdate] = []
        while self._waiting and len(active) < self._rules.options.max_parallel:
            if self._clock.cancelled():
                break
            update = self._waiting.popleft()
            if active and any(name in self._suspected for name in update.plan.changed_secrets):
                later.append(update)
                continue
            if update.started:
                active.append(update)  # it goes back after it had ended
                continue
            self._carry_out(update, update.begin(self._clock.monotonic(), self._known))
            if update.outcome is None:
                active.append(update)
        self._waiting.extendleft(reversed(later))

    def _cut_off(self, active: t.Sequence[service_update.ServiceUpdate]) -> None:
        """End a run that is to end before its consumers have."""
        for update in (*active, *self._waiting):
            if update.outcome is None:
                update.cut_off(self._clock.monotonic())
        self._waiting.clear()

    # -- looking ----------------------------------------------------------------------------

    def _look(self, active: t.Sequence[service_update.ServiceUpdate]) -> None:
        """Read all consumers on their way once, and take each one step on."""
        now = self._clock.monotonic()
        looked = {update.service.id for update in active if update.needs_tasks(now)}
        try:
            # Tasks first, then the services: see convergence.py.
            tasks = self._swarm.tasks(looked, live_only=False)
            found = self._read(update.service.id for update in active)
        except errors.DockerError as error:
            for update in active:
                update.not_read(error, self._clock.monotonic())
                self._settle(update)
            return
        for update in active:
            now = self._clock.monotonic()
            service = found.get(update.service.id)
            if service is None:
                update.gone(now)
                self._settle(update)
                continue
            # Tasks that were read before an update failed may still seem to run.
            stale = service.id not in looked or convergence.has_failed_since(
                update.service, service
            )
            update.see(service)
            if update.needs_tasks(now) and stale:
                continue  # the next look has them
            own = [task for task in tasks if task.service_id == service.id]
            self._carry_out(update, update.step(own, now, self._known))

    def _read(self, ids: t.Iterable[str]) -> dict[str, swarm_model.Service]:
        return {service.id: service for service in self._swarm.services(ids)}

    @property
    def _known(self) -> service_update.Known:
        converged = {
            name
            for update in self._updates
            if update.outcome is not None
            and update.outcome.state is outcomes.ServiceState.CONVERGED
            for name in update.moved
        }
        state = self._rules.state
        for name, target in self._rules.targets.items():
            version = state.by_secret_id.get(target.secret_id)
            if version is not None and not version.is_pending:
                converged.add(name)
        return service_update.Known(self._blocked, self._suspected, converged)

    # -- carrying out -----------------------------------------------------------------------

    def _carry_out(self, update: service_update.ServiceUpdate, steps: actions.Actions) -> None:
        waiting = deque(steps)
        while waiting:
            waiting.extend(self._do(update, waiting.popleft()))
        self._settle(update)

    def _do(self, update: service_update.ServiceUpdate, step: actions.Action) -> actions.Actions:
        """Carry out one step, and return what follows from it."""
        if isinstance(step, actions.Send):
            return self._send(update, step)
        if isinstance(step, actions.Block):
            for name in step.names:
                self.block(name, step.reason)
        elif isinstance(step, actions.Suspect):
            self._suspected.update(dict.fromkeys(step.names, update.name))
        elif isinstance(step, actions.Clear):
            for name in step.names:
                self._suspected.pop(name, None)
        elif isinstance(step, actions.TakeBack):
            together = (name for one in step.names for name in self._failures.goes_with(one))
            self._take_back(update, tuple(dict.fromkeys(together)))
        else:
            names = (name for one in step.names for name in self._failures.goes_with(one))
            for name in dict.fromkeys(names):
                self._failures.note(name, update.name)
        return []

    def _send(self, update: service_update.ServiceUpdate, step: actions.Send) -> actions.Actions:
        try:
            if step.spec is None:
                self._swarm.rollback_service(update.service)
            else:
                self._swarm.update_service(update.service, step.spec)
        except errors.DockerError as error:
            update.not_sent(error, self._clock.monotonic())
            return []
        return update.sent(step, self._clock.monotonic())

    def _take_back(self, failed: service_update.ServiceUpdate, names: t.Collection[str]) -> None:
        """Send back every consumer this run moved to the same versions, so they stay alike."""
        for update in self._updates:
            ended = update.outcome is not None
            if update is failed or not update.take_back(
                names, failed.name, self._clock.monotonic()
            ):
                continue
            if ended:
                self._waiting.appendleft(update)

    def _settle(self, update: service_update.ServiceUpdate) -> None:
        """Leave no suspicion behind that nobody looks into any more."""
        if update.outcome is None:
            return
        for name, by in list(self._suspected.items()):
            if by == update.name:
                reason = f"an update with it failed on {by}, and it could not be tried alone"
                self.block(name, reason)
