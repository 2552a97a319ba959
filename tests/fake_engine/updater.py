# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolls a service over to its new spec, slot after slot, and judges what comes of it.

After swarmkit's ``manager/orchestrator/update/updater.go``, with its habits: a failure counts only
within the Monitor period after its task ran, and nobody looks at failures while the last tasks
are still on their way up, however long that takes.
"""

from __future__ import annotations

import enum
import typing as t
from collections import deque
from dataclasses import dataclass, field, replace

from tests.fake_engine.model import Service, Task, TaskState
from tests.fake_engine.specs import UpdateConfig, is_dirty

if t.TYPE_CHECKING:
    from tests.fake_engine.restarts import Restarts
    from tests.fake_engine.store import Store

Slot = list[Task]

STOPPED = ("paused", "rollback_paused")


class _Stage(enum.Enum):
    """Where an update is."""

    SLOTS = enum.auto()  #: slots are handed to workers
    WORKERS = enum.auto()  #: the last workers are waited for
    MONITOR = enum.auto()  #: all are done: failures still count for a while
    DONE = enum.auto()


class _Step(enum.Enum):
    """Where a worker is with its slot."""

    DELAYED = enum.auto()  #: the old task stops
    COMING = enum.auto()  #: the new task comes up
    RESTING = enum.auto()  #: the Delay between two tasks


@dataclass
class _Worker:
    slot: Slot
    step: _Step
    task: Task
    start_first: bool = False
    existing: bool = False
    until: float = 0.0


@dataclass
class Updater:
    """One update of one service, from its start until it has ended or another takes its place.

    :param service: the service as it was when the update began.
    """

    store: Store
    restarts: Restarts
    service: Service
    slots: list[Slot]
    stage: _Stage = _Stage.SLOTS
    _waiting: deque[Slot] = field(default_factory=deque)
    _workers: list[_Worker] = field(default_factory=list)
    _updated: dict[str, float | None] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _events: deque[Task] = field(default_factory=deque)
    _failures: int = 0
    _dirty: int = 0
    _until: float = 0.0
    _stopped: bool = False

    def begin(self) -> None:
        """Find what is to be replaced; with nothing to do, the update is done at once."""
        if self.service.state in STOPPED:
            self.stage = _Stage.DONE
            return
        dirty = [slot for slot in self.slots if len(slot) > 1 or self._is_dirty(slot[0])]
        if not dirty:
            if self.service.state in {"updating", "rollback_started"}:
                self._complete()
            self.stage = _Stage.DONE
            return
        if self.service.update is None:
            self._start()
        self._dirty = len(dirty)
        self._waiting.extend(dirty)
        self._ended = {task.id for task in self._tasks() if task.has_ended}

    @property
    def is_done(self) -> bool:
        """Whether the update has ended, well or not."""
        return self.stage is _Stage.DONE

    def step(self) -> bool:
        """Go on; False: nothing came of it."""
        before = (self.stage, len(self._waiting), len(self._workers), len(self._events))
        self._note_failures()
        self._workers = [worker for worker in self._workers if self._work(worker)]
        if self.stage is _Stage.SLOTS:
            self._hand_out()
        if self.stage is _Stage.WORKERS and not self._workers:
            self._all_up()
        if self.stage is _Stage.MONITOR:
            self._monitor()
        return before != (self.stage, len(self._waiting), len(self._workers), len(self._events))

    # -- slots and workers --------------------------------------------------------------------

    def _hand_out(self) -> None:
        if self._failed():
            self._waiting.clear()
            self._stopped = True
        parallelism = self._config.parallelism or self._dirty
        while self._waiting and len(self._workers) < parallelism:
            self._workers.append(self._take(self._waiting.popleft()))
        if not self._waiting:
            self.stage = _Stage.WORKERS

    def _take(self, slot: Slot) -> _Worker:
        clean = [task for task in slot if not self._is_dirty(task)]
        running = [task for task in clean if task.desired is TaskState.RUNNING]
        ready = [task for task in clean if task.desired < TaskState.RUNNING]
        if running or ready:
            return self._use_existing(slot, (running or ready)[0])
        is_global = self.service.mode == "Global"
        node_id = slot[0].node_id if is_global else ""
        task = self.store.add_task(self.service, slot[0].slot, node_id, TaskState.READY)
        self._updated[task.id] = None
        start_first = self._config.order == "start-first"
        old = None if start_first else self._remove(slot)
        self.restarts.delay_start(old, task, 0.0, wait_stop=not start_first)
        return _Worker(slot, _Step.DELAYED, task, start_first=start_first)

    def _use_existing(self, slot: Slot, existing: Task) -> _Worker:
        others = [task for task in slot if task is not existing]
        old = self._remove(others)
        if existing.desired is not TaskState.RUNNING:
            self.restarts.delay_start(old, existing, 0.0, wait_stop=True)
        return _Worker(slot, _Step.DELAYED, existing, existing=True)

    def _work(self, worker: _Worker) -> bool:
        """Take a worker a step on; False: it is free again."""
        now = self.store.clock.monotonic()
        if worker.step is _Step.DELAYED and not self.restarts.is_delayed(worker.task.id):
            worker.step = _Step.COMING
            if worker.existing:
                self._rest(worker)
        if worker.step is _Step.COMING and worker.task.state >= TaskState.RUNNING:
            # A task that was deleted meanwhile never gets here: so it is in swarmkit.
            self._updated[worker.task.id] = now
            if worker.start_first and worker.task.state is TaskState.RUNNING:
                self._remove(worker.slot)
            self._rest(worker)
        return worker.step is not _Step.RESTING or now < worker.until

    def _rest(self, worker: _Worker) -> None:
        worker.step = _Step.RESTING
        worker.until = self.store.clock.monotonic() + self._config.delay
        if self._config.delay:
            self.store.clock.after(self._config.delay, self.store.on_change)

    def _remove(self, tasks: Slot) -> Task | None:
        """Shut tasks down; return one of those that had not been."""
        removed = None
        for task in tasks:
            known = self.store.tasks.get(task.id)
            if known is not None and known.desired <= TaskState.RUNNING:
                self.store.set_desired(known, TaskState.SHUTDOWN)
                removed = known
        return removed

    # -- failures -----------------------------------------------------------------------------

    def _note_failures(self) -> None:
        for task in self._tasks():
            if task.has_ended and task.id not in self._ended:
                self._ended.add(task.id)
                self._events.append(task)

    def _failed(self) -> bool:
        """Tell whether enough tasks have failed for the failure action, which is then taken."""
        config = self._config
        while self._events:
            task = self._events.popleft()
            if config.failure_action == "continue" or task.id not in self._updated:
                continue
            started = self._updated[task.id]
            now = self.store.clock.monotonic()
            if started is not None and now - started > self._monitor_period:
                continue
            self._failures += 1
            if self._failures / self._dirty > config.max_failure_ratio:
                self._act(config.failure_action, task)
                return True
        return False

    def _act(self, action: str, task: Task) -> None:
        cause = f"due to failure or early termination of task {task.id}"
        if action == "pause":
            self._pause(f"update paused {cause}")
        elif self.service.state == "rollback_started":
            self._pause(f"rollback paused {cause}")
        else:
            self._roll_back(f"update rolled back {cause}")

    def _all_up(self) -> None:
        if self._stopped:
            self.stage = _Stage.DONE
            return
        wait = self._monitor_period
        if self._config.delay >= wait:
            wait = self._config.delay + 1.0
        self._until = self.store.clock.monotonic() + wait
        self.store.clock.after(wait, self.store.on_change)
        self.stage = _Stage.MONITOR

    def _monitor(self) -> None:
        if self._failed():
            self.stage = _Stage.DONE
        elif self.store.clock.monotonic() >= self._until:
            self.stage = _Stage.DONE
            self._complete()

    # -- the service's status -----------------------------------------------------------------

    @property
    def _config(self) -> UpdateConfig:
        back = self.service.state == "rollback_started"
        return UpdateConfig.of(self.service.spec, "RollbackConfig" if back else "UpdateConfig")

    @property
    def _monitor_period(self) -> float:
        return self._config.monitor

    def _current(self) -> Service | None:
        """Return the service as it is now, unless it was changed since and has no status."""
        found = self.store.services.get(self.service.id)
        return None if found is None or found.update is None else found

    def _start(self) -> None:
        found = self.store.services.get(self.service.id)
        if found is not None and found.update is None:
            found.update = {
                "State": "updating",
                "StartedAt": self.store.stamp(),
                "Message": "update in progress",
            }
            self.store.touch(found)

    def _pause(self, message: str) -> None:
        found = self._current()
        if found is not None and found.update is not None:
            back = found.state == "rollback_started"
            found.update |= {"State": "rollback_paused" if back else "paused", "Message": message}
            self.store.touch(found)

    def _roll_back(self, message: str) -> None:
        found = self._current()
        if found is None or found.update is None or found.previous is None:
            return  # swarmkit logs an error, and the update stays as it is
        found.update |= {"State": "rollback_started", "Message": message}
        found.spec = found.previous
        found.spec_version = found.previous_version or 0
        found.previous = found.previous_version = None
        self.store.touch(found)

    def _complete(self) -> None:
        found = self._current()
        if found is not None and found.update is not None:
            back = found.state == "rollback_started"
            found.update |= {
                "State": "rollback_completed" if back else "completed",
                "Message": "rollback completed" if back else "update completed",
                "CompletedAt": self.store.stamp(),
            }
            self.store.touch(found)

    def _tasks(self) -> list[Task]:
        return self.store.tasks_of(self.service.id)

    def _is_dirty(self, task: Task) -> bool:
        return is_dirty(self.service, task, self.store.nodes.get(task.node_id))


@dataclass
class Updates:
    """The updates of all services."""

    store: Store
    restarts: Restarts
    running: dict[str, Updater] = field(default_factory=dict)

    def update(self, service: Service, slots: list[Slot]) -> None:
        """Begin an update, in place of one that works towards another spec."""
        present = self.running.get(service.id)
        if present is not None and present.service.spec == service.spec:
            return
        updater = Updater(
            self.store,
            self.restarts,
            replace(service, update=dict(service.update) if service.update else None),
            slots,
        )
        self.running[service.id] = updater
        updater.begin()
        self._forget_ended()

    def step(self) -> bool:
        """Take every update a step on; False: nothing came of it."""
        moved = [updater.step() for updater in list(self.running.values())]
        self._forget_ended()
        return any(moved)

    def forget(self, service_id: str) -> None:
        """Drop the update of a service that was removed."""
        self.running.pop(service_id, None)

    def _forget_ended(self) -> None:
        self.running = {key: value for key, value in self.running.items() if not value.is_done}
