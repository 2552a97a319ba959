# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the fake engine keeps its objects: identifiers, indexes, times, and what just changed."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.fake_engine.model import Document, Node, Secret, Service, Task, TaskState, clone

if t.TYPE_CHECKING:
    from tests.fake_engine.clock import VirtualClock

Object = Node | Secret | Service | Task
#: Serves the value of a secret by its labels; None: it cannot.
Driver = t.Callable[[t.Mapping[str, str]], bytes | None]


@dataclass
class Store:
    """All objects of one Swarm.

    Every change raises one index for all objects, as Raft does, and calls ``on_change``.

    :ivar changed_services: ids of services whose orchestrator has not looked at the change yet.
    :ivar changed_nodes: the same for nodes.
    :ivar drivers: the plugins that serve values of secrets, by name.
    :ivar silent: those of them that answer no task now.
    """

    clock: VirtualClock
    on_change: t.Callable[[], object] = lambda: None
    nodes: dict[str, Node] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    changed_services: set[str] = field(default_factory=set)
    changed_nodes: set[str] = field(default_factory=set)
    drivers: dict[str, Driver] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    index: int = 10
    _last: datetime | None = None
    _numbers: t.Iterator[int] = field(default_factory=itertools.count)

    def new_id(self, kind: str) -> str:
        """Return an identifier that tells what it is of, and is as long as Docker's."""
        number = str(next(self._numbers))
        return kind + "0" * (25 - len(kind) - len(number)) + number

    def stamp(self) -> str:
        """Return the time as the API writes it, later than all before."""
        now = self.clock.now()
        if self._last is not None and now <= self._last:
            now = self._last + timedelta(microseconds=1)
        self._last = now
        return now.strftime("%Y-%m-%dT%H:%M:%S.%f001Z")

    def touch(self, thing: Object) -> None:
        """Note that an object was changed."""
        self.index += 1
        thing.index = self.index
        if isinstance(thing, Secret | Service | Task):
            thing.updated = self.stamp()
        if isinstance(thing, Service):
            self.changed_services.add(thing.id)
        if isinstance(thing, Node):
            self.changed_nodes.add(thing.id)
        self.on_change()

    # -- making and removing ------------------------------------------------------------------

    def add_node(self, hostname: str, role: str) -> Node:
        """Let a node join."""
        node = Node(self.new_id("node"), hostname, role)
        self.nodes[node.id] = node
        self.touch(node)
        return node

    def add_secret(self, spec: Document, data: bytes) -> Secret:
        """Create a secret; names are the caller's to check."""
        now = self.stamp()
        secret = Secret(self.new_id("secret"), 0, now, now, clone(spec), data)
        self.secrets[secret.id] = secret
        self.touch(secret)
        return secret

    def serve(self, secret: Secret) -> bool:
        """Ask the driver of a secret for its value, as for each task; False: it has none."""
        name = (secret.spec.get("Driver") or {}).get("Name")
        if name is None:
            return True
        driver = self.drivers.get(name)
        value = driver(secret.labels) if driver else None
        if value is not None:
            secret.data = value
        return value is not None and name not in self.silent

    def add_service(self, spec: Document) -> Service:
        """Create a service; names are the caller's to check."""
        now = self.stamp()
        self.index += 1
        service = Service(self.new_id("service"), self.index, now, now, clone(spec), self.index)
        self.services[service.id] = service
        self.touch(service)
        return service

    def add_task(
        self, service: Service, slot: int, node_id: str, desired: TaskState = TaskState.RUNNING
    ) -> Task:
        """Create a task of a service's present spec (``orchestrator.NewTask``)."""
        now = self.stamp()
        task = Task(
            id=self.new_id("task"),
            index=0,
            created=now,
            updated=now,
            service_id=service.id,
            slot=slot,
            node_id=node_id,
            template=service.template,
            endpoint=service.spec.get("EndpointSpec"),
            spec_version=service.spec_version,
            desired=desired,
            iteration=service.iteration if service.mode.endswith("Job") else None,
            timestamp=now,
        )
        self.tasks[task.id] = task
        self.touch(task)
        return task

    def remove_task(self, task: Task) -> None:
        """Forget a task."""
        if self.tasks.pop(task.id, None) is not None:
            self.on_change()

    # -- changing -----------------------------------------------------------------------------

    def set_state(
        self,
        task: Task,
        state: TaskState,
        message: str,
        error: str = "",
        exit_code: int | None = None,
    ) -> None:
        """Note what a node, or the scheduler, tells of a task."""
        task.state, task.message, task.error = state, message, error
        if exit_code is not None:
            task.exit_code = exit_code
        task.timestamp = self.stamp()
        self.touch(task)

    def set_desired(self, task: Task, desired: TaskState) -> None:
        """Note what a task is meant to become; never back to less."""
        if task.desired < desired:
            task.desired = desired
            self.touch(task)

    # -- looking ------------------------------------------------------------------------------

    def tasks_of(self, service_id: str) -> list[Task]:
        """Return the tasks of a service, the oldest first."""
        return [task for task in self.tasks.values() if task.service_id == service_id]

    def service_named(self, name: str) -> Service | None:
        """Return a service by its name, whatever the case."""
        found = (one for one in self.services.values() if one.name.lower() == name.lower())
        return next(found, None)

    def secret_named(self, name: str) -> Secret | None:
        """Return a secret by its name, whatever the case."""
        found = (one for one in self.secrets.values() if one.name.lower() == name.lower())
        return next(found, None)

    def node_named(self, hostname: str) -> Node:
        """Return a node by its host name."""
        return next(node for node in self.nodes.values() if node.hostname == hostname)
