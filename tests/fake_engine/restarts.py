# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces tasks that ended, and starts replacements when their time has come.

After swarmkit's ``manager/orchestrator/restart/restart.go``; what runs in goroutines there is
looked at from time to time here.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from tests.fake_engine.model import Service, Task, TaskState
from tests.fake_engine.specs import RestartPolicy

if t.TYPE_CHECKING:
    from tests.fake_engine.store import Store

#: How long the replacement of a task waits for it to stop (``defaultOldTaskTimeout``).
OLD_TASK_TIMEOUT = 60.0


@dataclass
class _Delay:
    """A replacement that is not to start yet.

    :param until: when the restart delay is over.
    :param old_id: the task that must have stopped first; None: none must.
    :param gives_up: when it is not waited for any longer.
    :param again: whether it is itself to be replaced when it would start.
    """

    until: float
    old_id: str | None
    gives_up: float
    again: bool = False


@dataclass
class _History:
    """How often one slot was restarted, since its service has this spec."""

    spec_version: int
    times: list[float] = field(default_factory=list)


@dataclass
class Restarts:
    """The restart supervisor of all services."""

    store: Store
    delays: dict[str, _Delay] = field(default_factory=dict)
    history: dict[tuple[str, int, str], _History] = field(default_factory=dict)

    def step(self) -> bool:
        """Start what may start now; False: nothing may."""
        now = self.store.clock.monotonic()
        moved = False
        for task_id, delay in list(self.delays.items()):
            if now < delay.until or not (self._has_stopped(delay) or now >= delay.gives_up):
                continue
            del self.delays[task_id]
            self._start_now(task_id)
            moved = True
            task = self.store.tasks.get(task_id)
            if delay.again and task is not None and task.desired <= TaskState.RUNNING:
                service = self.store.services.get(task.service_id)
                if service is not None:
                    self.restart(service, task)
        return moved

    def is_delayed(self, task_id: str) -> bool:
        """Whether a task is still to wait with its start."""
        return task_id in self.delays

    def delay_start(self, old: Task | None, task: Task, delay: float, *, wait_stop: bool) -> None:
        """Start a task after a delay, and when the one that it replaces has stopped."""
        now = self.store.clock.monotonic()
        waits = wait_stop and old is not None and not old.has_ended
        old_id = old.id if waits and old is not None else None
        self.delays[task.id] = _Delay(now + delay, old_id, now + OLD_TASK_TIMEOUT)
        self.store.clock.after(delay, self.store.on_change)
        if waits:
            self.store.clock.after(OLD_TASK_TIMEOUT, self.store.on_change)
        self.store.on_change()

    def restart(self, service: Service, task: Task) -> None:
        """Replace a task if its restart policy wants that."""
        delayed = self.delays.get(task.id)
        if delayed is not None:
            delayed.again = True
            return
        self.store.set_desired(task, TaskState.SHUTDOWN)
        if not self.should_restart(service, task):
            return
        is_global = service.mode in {"Global", "GlobalJob"}
        replacement = self.store.add_task(
            service,
            0 if is_global else task.slot,
            task.node_id if is_global else "",
            TaskState.READY,
        )
        node = self.store.nodes.get(task.node_id)
        policy = RestartPolicy.of(task.template)
        delay = 0.0 if node is not None and node.availability == "drain" else policy.delay
        gone = (node is not None and not node.up) or task.has_ended
        self._record(replacement)
        self.delay_start(task, replacement, delay, wait_stop=not gone)

    def should_restart(self, service: Service, task: Task) -> bool:
        """Tell whether a task that ended is to be replaced."""
        policy = RestartPolicy.of(task.template)
        if policy.condition == "none":
            return False
        ended_well = task.state is TaskState.COMPLETE
        if ended_well and (policy.condition == "on-failure" or service.mode.endswith("Job")):
            return False
        if not policy.max_attempts:
            return True
        found = self.history.get(_slot_of(task))
        if found is None or found.spec_version != task.spec_version:
            return True
        since = self.store.clock.monotonic() - policy.window if policy.window else float("-inf")
        return sum(time > since for time in found.times) < policy.max_attempts

    def updatable(self, slot: list[Task], service: Service) -> list[Task]:
        """Return what the updater is to see of a slot (``UpdatableTasksInSlot``).

        A task that ended well and is not restarted is still what an update replaces.
        """
        meant_to_run = [task for task in slot if task.desired <= TaskState.RUNNING]
        if meant_to_run or not slot:
            return meant_to_run
        if service.state == "rollback_started":
            return []
        newest = max(slot, key=lambda task: task.timestamp)
        return [] if self.should_restart(service, newest) else [newest]

    def _has_stopped(self, delay: _Delay) -> bool:
        old = self.store.tasks.get(delay.old_id) if delay.old_id else None
        if old is None or old.has_ended:
            return True
        node = self.store.nodes.get(old.node_id)
        return node is not None and not node.up

    def _start_now(self, task_id: str) -> None:
        task = self.store.tasks.get(task_id)
        if task is not None and task.desired < TaskState.RUNNING:
            running = TaskState.RUNNING if task.iteration is None else TaskState.COMPLETE
            self.store.set_desired(task, running)

    def _record(self, replacement: Task) -> None:
        if not RestartPolicy.of(replacement.template).max_attempts:
            return
        key = _slot_of(replacement)
        found = self.history.get(key)
        if found is None or found.spec_version != replacement.spec_version:
            found = self.history[key] = _History(replacement.spec_version)
        found.times.append(self.store.clock.monotonic())


def _slot_of(task: Task) -> tuple[str, int, str]:
    return task.service_id, task.slot, "" if task.slot else task.node_id
