# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes: they take tasks from state to state, tell of them, and fall silent when they are lost.

After swarmkit's ``agent/exec/controller.go`` and moby's ``daemon/cluster/executor/container``.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from tests.fake_engine.model import Task, TaskState
from tests.fake_engine.specs import grace_period, template_entries

if t.TYPE_CHECKING:
    from tests.fake_engine.behaviour import Behaviour, Fate
    from tests.fake_engine.store import Store

#: After which the managers call tasks of a lost node orphaned (``manager/dispatcher``).
ORPHANED_AFTER = 24 * 3600.0

#: Exit code of a container that could not be started.
NEVER_STARTED = 128
#: States are reported in batches (``manager/dispatcher``, maxBatchInterval): nobody sees that a
#: task ran which ended sooner.
REPORTED_AFTER = 0.1


@dataclass
class Nodes:
    """What all nodes do with their tasks.

    :ivar failures: service and secret, by id, of every task that ran and then failed.
    """

    store: Store
    behaviour: Behaviour
    failures: set[tuple[str, str]] = field(default_factory=set)

    def step(self) -> bool:
        """Take every task a step on that is due for one; False: there was none."""
        moved = False
        for task in list(self.store.tasks.values()):
            node = self.store.nodes.get(task.node_id)
            if node is None or task.has_ended:
                continue
            if node.up:
                moved |= self._advance(task)
            elif self._now() >= node.down_since + ORPHANED_AFTER:
                self.store.set_state(task, TaskState.ORPHANED, task.message, task.error)
                moved = True
        return moved

    def _now(self) -> float:
        return self.store.clock.monotonic()

    def _advance(self, task: Task) -> bool:
        if task.desired > TaskState.COMPLETE:
            return self._stop(task)
        if task.state < TaskState.ASSIGNED or not self._is_due(task):
            return False
        return self._start(task)

    def _is_due(self, task: Task) -> bool:
        return task.next_at is None or self._now() >= task.next_at

    def _in(self, task: Task, seconds: float | None) -> None:
        """Come back to a task later; None: only when it is to stop."""
        task.next_at = float("inf") if seconds is None else self._now() + seconds
        if seconds is not None:
            self.store.clock.after(seconds, self.store.on_change)

    def _start(self, task: Task) -> bool:
        fate: Fate = task.fate
        if task.state is TaskState.ASSIGNED:
            node = self.store.nodes[task.node_id]
            service = self.store.services.get(task.service_id)
            fate = task.fate = self.behaviour.fate(self.store, service, task, node)
            self._in(task, fate.pull)
            self.store.set_state(task, TaskState.PREPARING, "preparing")
        elif task.state is TaskState.PREPARING:
            self._prepared(task, fate)
        elif task.state is TaskState.READY:
            if task.desired < TaskState.RUNNING:
                return False  # it waits until it may start
            self._in(task, fate.start)
            self.store.set_state(task, TaskState.STARTING, "starting")
        elif task.state is TaskState.STARTING:
            self._started(task, fate)
        elif task.state is TaskState.RUNNING:
            self._exited(task, fate)
        else:
            return False
        return True

    def _prepared(self, task: Task, fate: Fate) -> None:
        task.next_at = None
        if fate.pull_error:
            self.store.set_state(task, TaskState.REJECTED, "preparing", fate.pull_error)
            return
        task.has_container = True
        self.store.set_state(task, TaskState.READY, "prepared")

    def _started(self, task: Task, fate: Fate) -> None:
        if fate.start_error:
            self.store.set_state(
                task, TaskState.FAILED, "starting", fate.start_error, NEVER_STARTED
            )
            return
        self._in(task, fate.exits)
        if fate.exits is not None and fate.exits < REPORTED_AFTER:
            self._exited(task, fate)
        else:
            self.store.set_state(task, TaskState.RUNNING, "started")

    def _exited(self, task: Task, fate: Fate) -> None:
        if fate.exit_code == 0:
            self.store.set_state(task, TaskState.COMPLETE, "finished", exit_code=0)
            return
        for entry in template_entries(task.template):
            self.failures.add((task.service_id, entry["SecretID"]))
        error = f"task: non-zero exit ({fate.exit_code})"
        if fate.exit_error:
            error = f"{error}: {fate.exit_error}"
        self.store.set_state(task, TaskState.FAILED, "started", error, fate.exit_code)

    def _stop(self, task: Task) -> bool:
        """Stop a task that is not meant to run any more, unless no node ever had it."""
        if task.state < TaskState.ASSIGNED:
            return False
        if task.state < TaskState.STARTING:
            self.store.set_state(task, TaskState.SHUTDOWN, "shutdown")
            return True
        if not task.stopping:
            task.stopping = True
            self._in(task, min(task.fate.stop, grace_period(task.template)))
            return False
        if not self._is_due(task):
            return False
        self.store.set_state(task, TaskState.SHUTDOWN, "shutdown", exit_code=0)
        return True
