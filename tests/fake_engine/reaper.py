# SPDX-License-Identifier: GPL-3.0-or-later
"""Forgets old tasks (swarmkit, ``manager/orchestrator/taskreaper``)."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass

from tests.fake_engine.model import Task, TaskState
from tests.fake_engine.specs import RestartPolicy

if t.TYPE_CHECKING:
    from tests.fake_engine.store import Store

#: How many tasks of a slot are kept (``TaskHistoryRetentionLimit``).
HISTORY = 5
#: Seconds that it lets pass before it looks (``reaperBatchingInterval``).
BATCH = 0.25


@dataclass
class Reaper:
    """Keeps the history of each slot short."""

    store: Store
    history: int = HISTORY
    _seen: int = 0
    _due: float | None = None

    def step(self) -> bool:
        """Forget what is too much; False: nothing is."""
        if self.store.index == self._seen:
            return False
        now = self.store.clock.monotonic()
        if self._due is None:
            self._due = now + BATCH
            self.store.clock.after(BATCH, self.store.on_change)
        if now < self._due:
            return False
        self._due, self._seen = None, self.store.index
        return self._reap()

    def _reap(self) -> bool:
        count = len(self.store.tasks)
        slots: dict[tuple[str, int, str], list[Task]] = defaultdict(list)
        for task in list(self.store.tasks.values()):
            unplaced = task.state < TaskState.ASSIGNED
            if task.desired is TaskState.REMOVE and (unplaced or task.has_ended):
                self.store.remove_task(task)
                continue
            service = self.store.services.get(task.service_id)
            if service is not None and not service.mode.endswith("Job"):
                key = (service.id, task.slot, "" if task.slot else task.node_id)
                slots[key].append(task)
        for (service_id, _slot, _node), tasks in slots.items():
            policy = RestartPolicy.of(self.store.services[service_id].template)
            kept = policy.max_attempts + 1 if policy.max_attempts else self.history
            self._shorten(tasks, kept)
        return len(self.store.tasks) != count

    def _shorten(self, tasks: list[Task], kept: int) -> None:
        left = len(tasks)
        for task in sorted(tasks, key=lambda task: task.timestamp):
            never_ran = task.state < TaskState.ASSIGNED and task.desired > TaskState.RUNNING
            if left > kept and (task.has_ended or never_ran):
                self.store.remove_task(task)
                left -= 1
