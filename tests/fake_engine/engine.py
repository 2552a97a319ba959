# SPDX-License-Identifier: GPL-3.0-or-later
"""One fake Swarm: the store, and all that acts on it as time passes."""

from __future__ import annotations

from tests.fake_engine.behaviour import Behaviour
from tests.fake_engine.clock import VirtualClock
from tests.fake_engine.model import Node, Task, TaskState
from tests.fake_engine.nodes import Nodes
from tests.fake_engine.orchestrator import Orchestrator
from tests.fake_engine.reaper import Reaper
from tests.fake_engine.restarts import Restarts
from tests.fake_engine.scheduler import Scheduler
from tests.fake_engine.store import Store
from tests.fake_engine.updater import Updates

#: Seconds until the parts of the engine notice a change: an update has no status until then.
REACTION = 0.01


class Engine:
    """A Swarm of three managers and a worker, unless told otherwise."""

    def __init__(
        self, clock: VirtualClock | None = None, *, managers: int = 3, workers: int = 1
    ) -> None:
        self.clock = clock or VirtualClock()
        self.behaviour = Behaviour()
        self.store = Store(self.clock, self._wake)
        self._awake = False
        restarts = Restarts(self.store)
        self.updates = Updates(self.store, restarts)
        self.orchestrator = Orchestrator(self.store, restarts, self.updates)
        self.nodes = Nodes(self.store, self.behaviour)
        self._parts = (
            self.orchestrator,
            self.updates,
            restarts,
            Scheduler(self.store),
            self.nodes,
            Reaper(self.store),
        )
        names = [f"m{number}" for number in range(1, managers + 1)]
        for name in names:
            self.store.add_node(name, "manager")
        for number in range(1, workers + 1):
            self.store.add_node(f"w{number}", "worker")

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            self.clock.after(REACTION, self._step)

    def _step(self) -> None:
        self._awake = False
        moved = [part.step() for part in self._parts]  # each part is to have its turn
        if any(moved):
            self._wake()

    # -- nodes --------------------------------------------------------------------------------

    def lose(self, hostname: str) -> Node:
        """Let a node fall silent, and the managers notice."""
        node = self.store.node_named(hostname)
        node.up = False
        node.down_since = self.clock.monotonic()
        self.store.touch(node)
        return node

    def find(self, hostname: str) -> Node:
        """Let a lost node come back."""
        node = self.store.node_named(hostname)
        node.up = True
        self.store.touch(node)
        return node

    def set_availability(self, hostname: str, availability: str) -> Node:
        """Make a node ``active``, ``pause`` or ``drain``."""
        node = self.store.node_named(hostname)
        node.availability = availability
        self.store.touch(node)
        return node

    def crash(self, service_name: str, exit_code: int = 1) -> None:
        """Let every running task of a service end in error, once."""
        service = self.store.service_named(service_name)
        for task in self.store.tasks_of(service.id) if service else ():
            if task.state.text == "running" and task.fate is not None:
                task.fate = type(task.fate)(**{**vars(task.fate), "exit_code": exit_code})
                task.next_at = self.clock.monotonic()
        self._wake()

    # -- waiting ------------------------------------------------------------------------------

    def is_quiet(self) -> bool:
        """Whether no update is under way, and every task is what it is meant to be."""
        if self.updates.running or self.store.changed_services or self._awake:
            return False
        return not any(map(self._is_on_its_way, self.store.tasks.values()))

    def _is_on_its_way(self, task: Task) -> bool:
        """Whether a task will be something else by itself: it comes up, waits to start, stops."""
        node = self.store.nodes.get(task.node_id)
        if task.has_ended or node is None or not node.up:
            return False
        if task.desired in {TaskState.RUNNING, TaskState.COMPLETE}:
            return task.state < TaskState.RUNNING
        return True

    def settle(self, seconds: float = 600.0) -> bool:
        """Let time pass until the Swarm is quiet; False: it never was, as with a crash loop."""
        self.clock.sleep(5 * REACTION)
        return self.clock.wait_until(self.is_quiet, seconds)
