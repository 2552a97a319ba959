# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds nodes for tasks, or the reason why there is none (swarmkit, ``manager/scheduler``)."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from tests.fake_engine.model import Node, Task, TaskState
from tests.fake_engine.specs import constraints, host_ports, matches

if t.TYPE_CHECKING:
    from tests.fake_engine.store import Store

# In swarmkit's order: the first filter that a node fails is the one that counts.
_READY = "{} not available for new tasks"
_CONSTRAINTS = "scheduling constraints not satisfied on {}"
_PORTS = "host-mode port already in use on {}"
_REPLICAS = "max replicas per node limit exceed"


@dataclass
class Scheduler:
    """Assigns new tasks to nodes."""

    store: Store

    def step(self) -> bool:
        """Look at every task without a node; False: nothing came of it."""
        moved = False
        for task in list(self.store.tasks.values()):
            if task.state > TaskState.PENDING:
                continue
            if task.desired > TaskState.COMPLETE:
                moved |= self._give_up(task)
            else:
                moved |= self._place(task)
        return moved

    def _give_up(self, task: Task) -> bool:
        """Shut down what was never placed and is of an older spec, as noSuitableNode does."""
        service = self.store.services.get(task.service_id)
        outdated = service is not None and service.spec_version > task.spec_version
        if not outdated or task.state is not TaskState.PENDING:
            return False
        self.store.set_state(task, TaskState.SHUTDOWN, task.message)
        return True

    def _place(self, task: Task) -> bool:
        nodes = list(self.store.nodes.values())
        if task.node_id:
            nodes = [node for node in nodes if node.id == task.node_id]
        reasons: Counter[str] = Counter()
        fitting = []
        for node in nodes:
            reason = self._why_not(task, node)
            if reason is None:
                fitting.append(node)
            else:
                reasons[reason] += 1
        if fitting:
            task.node_id = min(fitting, key=lambda node: self._load(task, node)).id
            self.store.set_state(task, TaskState.ASSIGNED, "scheduler assigned task to node")
            return True
        texts = [
            reason.format(f"{count} node{'' if count == 1 else 's'}")
            for reason, count in reasons.most_common()
        ]
        error = f"no suitable node ({'; '.join(texts)})" if texts else "no suitable node"
        if task.state is TaskState.PENDING and task.error == error:
            return False
        self.store.set_state(task, TaskState.PENDING, "pending task scheduling", error)
        return True

    def _why_not(self, task: Task, node: Node) -> str | None:
        if not node.is_ready:
            return _READY
        if not matches(node, constraints(task.template)):
            return _CONSTRAINTS
        there = self._on(node)
        taken = {port for other in there for port in host_ports(other.endpoint)}
        if host_ports(task.endpoint) & taken:
            return _PORTS
        most = (task.template.get("Placement") or {}).get("MaxReplicas") or 0
        mine = sum(other.service_id == task.service_id for other in there)
        return _REPLICAS if most and mine >= most else None

    def _on(self, node: Node) -> list[Task]:
        return [
            task
            for task in self.store.tasks.values()
            if task.node_id == node.id and TaskState.ASSIGNED <= task.state <= TaskState.RUNNING
        ]

    def _load(self, task: Task, node: Node) -> tuple[int, int]:
        """Spread a service first, then all tasks."""
        there = self._on(node)
        return sum(other.service_id == task.service_id for other in there), len(there)
