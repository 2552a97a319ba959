# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tasks that services ask for: replicated, global, and jobs.

After swarmkit's ``manager/orchestrator/{replicated,global,jobs}``.
"""

from __future__ import annotations

import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass

from tests.fake_engine.model import Node, Service, Task, TaskState
from tests.fake_engine.specs import constraints, is_dirty, matches

if t.TYPE_CHECKING:
    from tests.fake_engine.restarts import Restarts
    from tests.fake_engine.store import Store
    from tests.fake_engine.updater import Updates


@dataclass
class Orchestrator:
    """The orchestrators of all kinds of services."""

    store: Store
    restarts: Restarts
    updates: Updates

    def step(self) -> bool:
        """Do what changes of services, nodes and tasks ask for; False: nothing."""
        services, nodes = self.store.changed_services, self.store.changed_nodes
        self.store.changed_services, self.store.changed_nodes = set(), set()
        for node_id in sorted(nodes):
            self._reconcile_node(self.store.nodes[node_id])
        for service in [self.store.services.get(key) for key in sorted(services)]:
            if service is not None and service.mode == "Replicated":
                self._reconcile_replicated(service)
            elif service is not None and service.mode == "Global":
                self._reconcile_global(service)
        jobs = [one for one in self.store.services.values() if one.mode.endswith("Job")]
        made = [self._reconcile_job(service) for service in jobs]
        return any(made) or self._replace_ended() or bool(services or nodes)

    def removed(self, service: Service) -> None:
        """Remove the tasks of a service that is gone."""
        self.updates.forget(service.id)
        for task in self.store.tasks_of(service.id):
            self.store.set_desired(task, TaskState.REMOVE)

    def _replace_ended(self) -> bool:
        moved = False
        for task in list(self.store.tasks.values()):
            service = self.store.services.get(task.service_id)
            if service is None or task.desired > TaskState.RUNNING:
                continue
            node = self.store.nodes.get(task.node_id)
            if service.mode == "Replicated":
                if task.has_ended or (node is not None and node.is_invalid):
                    moved |= self._restart(service, task)
            elif service.mode == "Global" and task.has_ended:
                moved |= self._restart_global(service, task, node)
        return moved

    def _restart(self, service: Service, task: Task) -> bool:
        before = self.store.index
        self.restarts.restart(service, task)
        return self.store.index != before

    def _restart_global(self, service: Service, task: Task, node: Node | None) -> bool:
        if node is None or node.is_invalid:
            return False
        if node.availability == "pause" or not matches(node, constraints(service.template)):
            self.store.set_desired(task, TaskState.SHUTDOWN)
            return True
        return self._restart(service, task)

    # -- replicated ---------------------------------------------------------------------------

    def _reconcile_replicated(self, service: Service) -> None:
        by_slot: dict[int, list[Task]] = defaultdict(list)
        for task in self.store.tasks_of(service.id):
            by_slot[task.slot].append(task)
        slots = {key: self.restarts.updatable(slot, service) for key, slot in by_slot.items()}
        living = {key: slot for key, slot in slots.items() if slot}
        dead = {key: by_slot[key] for key, slot in slots.items() if not slot}
        wanted = service.replicas
        if wanted < len(living):
            kept, extra = self._scaled_down(living, wanted)
            self.updates.update(service, kept)
            self._remove_all(dead.values())
            for slot in extra:
                for task in slot:
                    self.store.set_desired(task, TaskState.REMOVE)
            return
        if wanted == len(living):
            self._remove_all(dead.values())
            self.updates.update(service, list(living.values()))
            return
        self.updates.update(service, list(living.values()))
        number = 0
        for _missing in range(wanted - len(living)):
            number += 1
            while number in living:
                number += 1
            dead.pop(number, None)
            self.store.add_task(service, number, "")
        self._remove_all(dead.values())

    def _scaled_down(
        self, slots: dict[int, list[Task]], wanted: int
    ) -> tuple[list[list[Task]], list[list[Task]]]:
        """Return the slots to keep and the others: running ones stay, spread over the nodes."""
        order = sorted(
            slots.values(),
            key=lambda slot: not any(task.state is TaskState.RUNNING for task in slot),
        )
        seen: Counter[str] = Counter()
        ranks = []
        for slot in order:
            alone = len(slot) == 1 and slot[0].node_id
            if alone:
                seen[slot[0].node_id] += 1
            ranks.append((seen[slot[0].node_id] if alone else 1 << 30, slot))
        ranks.sort(key=lambda item: item[0])
        ordered = [slot for _rank, slot in ranks]
        return ordered[:wanted], ordered[wanted:]

    def _remove_all(self, slots: t.Iterable[list[Task]]) -> None:
        for slot in slots:
            for task in slot:
                self.store.remove_task(task)

    # -- global -------------------------------------------------------------------------------

    def _reconcile_global(self, service: Service) -> None:
        by_node: dict[str, list[Task]] = defaultdict(list)
        for task in self.store.tasks_of(service.id):
            by_node[task.node_id].append(task)
        by_node = {
            key: found
            for key, slot in by_node.items()
            if (found := self.restarts.updatable(slot, service))
        }
        update = []
        for node in self.store.nodes.values():
            if node.is_invalid:
                continue
            tasks = by_node.pop(node.id, [])
            if not matches(node, constraints(service.template)):
                self._shut_down(tasks)
            elif node.availability == "pause":
                continue
            elif tasks:
                update.append(tasks)
            else:
                self.store.add_task(service, 0, node.id)
        if update:
            self.updates.update(service, update)
        for tasks in by_node.values():
            self._shut_down(tasks)

    def _reconcile_node(self, node: Node) -> None:
        """Bring all global services on one node to what they should be, without an update."""
        services = [one for one in self.store.services.values() if one.mode == "Global"]
        for service in services:
            there = [task for task in self.store.tasks_of(service.id) if task.node_id == node.id]
            if node.is_invalid:
                self._shut_down(there)
                continue
            if node.availability == "pause" or not matches(node, constraints(service.template)):
                continue
            found = self.restarts.updatable(there, service)
            clean = [task for task in found if not is_dirty(service, task, node)]
            if not clean:
                self.store.add_task(service, 0, node.id)
            self._shut_down([task for task in found if task not in clean[:1]])

    def _shut_down(self, tasks: t.Iterable[Task]) -> None:
        for task in tasks:
            self.store.set_desired(task, TaskState.SHUTDOWN)

    # -- jobs ---------------------------------------------------------------------------------

    def _reconcile_job(self, service: Service) -> bool:
        before = self.store.index
        tasks = self.store.tasks_of(service.id)
        for task in tasks:
            if task.iteration != service.iteration and not task.has_ended:
                self.store.set_desired(task, TaskState.REMOVE)
        mine = [task for task in tasks if task.iteration == service.iteration]
        done = [task for task in mine if task.state is TaskState.COMPLETE]
        busy = [
            task
            for task in mine
            if task.state is not TaskState.COMPLETE and task.desired <= TaskState.COMPLETE
        ]
        for task in [task for task in busy if task.has_ended]:
            self.restarts.restart(service, task)
        if service.mode == "GlobalJob":
            there = {task.node_id for task in mine}
            for node in self.store.nodes.values():
                if node.is_ready and node.id not in there:
                    self.store.add_task(service, 0, node.id, TaskState.COMPLETE)
        else:
            mode = service.spec["Mode"]["ReplicatedJob"]
            at_once = int(mode.get("MaxConcurrent") or 1)
            total = int(mode.get("TotalCompletions") or at_once)
            slots = {task.slot for task in [*done, *busy]}
            free = [slot for slot in range(total) if slot not in slots]
            for slot in free[: max(0, at_once - len(busy))]:
                self.store.add_task(service, slot, "", TaskState.COMPLETE)
        return self.store.index != before
