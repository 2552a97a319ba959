# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fake engine keeps: nodes, secrets, services and tasks, as swarmkit's store has them."""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, field

Document = dict[str, t.Any]

SECOND = 1_000_000_000


def clone(value: t.Any) -> t.Any:
    """Copy what JSON is made of: what is handed out is not what is kept.

    In the store specs are never changed in place, so they may be shared there.
    """
    if isinstance(value, dict):
        return {key: clone(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clone(item) for item in value]
    return value


class TaskState(enum.IntEnum):
    """States of a task, in swarmkit's order (``api/types.proto``); the names are the API's."""

    NEW = 0
    PENDING = 64
    ASSIGNED = 192
    ACCEPTED = 256
    PREPARING = 320
    READY = 384
    STARTING = 448
    RUNNING = 512
    COMPLETE = 576
    SHUTDOWN = 640
    FAILED = 704
    REJECTED = 768
    REMOVE = 800
    ORPHANED = 832

    @property
    def text(self) -> str:
        """The state as the API spells it."""
        return self.name.lower()


@dataclass
class Node:
    """One node: a manager, or a worker.

    :param availability: ``active``, ``pause`` or ``drain``.
    :param up: whether the managers hear from it.
    """

    id: str
    hostname: str
    role: str
    index: int = 1
    availability: str = "active"
    up: bool = True
    down_since: float = 0.0
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def is_invalid(self) -> bool:
        """Whether tasks on it are to be replaced (``orchestrator.InvalidNode``)."""
        return not self.up or self.availability == "drain"

    @property
    def is_ready(self) -> bool:
        """Whether it takes new tasks."""
        return self.up and self.availability == "active"

    def document(self) -> Document:
        """Return the API's document."""
        return {
            "ID": self.id,
            "Version": {"Index": self.index},
            "Spec": {
                "Role": self.role,
                "Availability": self.availability,
                "Labels": dict(self.labels),
            },
            "Description": {"Hostname": self.hostname},
            "Status": {"State": "ready" if self.up else "down", "Addr": "192.0.2.1"},
            **(
                {"ManagerStatus": {"Reachability": "reachable", "Leader": True}}
                if self.role == "manager"
                else {}
            ),
        }


@dataclass
class Secret:
    """One secret. ``data`` never leaves the store but into a task."""

    id: str
    index: int
    created: str
    updated: str
    spec: Document
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return str(self.spec["Name"])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.spec.get("Labels") or {})

    def document(self) -> Document:
        """Return the API's document, without the data."""
        return {
            "ID": self.id,
            "Version": {"Index": self.index},
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Spec": clone(self.spec),
        }


@dataclass
class Service:
    """One service.

    :param spec_version: counts the specs; a task that has it needs no comparison of specs.
    :param iteration: of a job: which run its tasks belong to.
    """

    id: str
    index: int
    created: str
    updated: str
    spec: Document
    spec_version: int
    previous: Document | None = None
    previous_version: int | None = None
    update: Document | None = None
    iteration: int = 0

    @property
    def name(self) -> str:
        return str(self.spec["Name"])

    @property
    def mode(self) -> str:
        """``Replicated``, ``Global``, ``ReplicatedJob`` or ``GlobalJob``."""
        for mode in ("Global", "ReplicatedJob", "GlobalJob"):
            if (self.spec.get("Mode") or {}).get(mode) is not None:
                return mode
        return "Replicated"

    @property
    def replicas(self) -> int:
        replicated = (self.spec.get("Mode") or {}).get("Replicated") or {}
        return int(replicated.get("Replicas", 1))

    @property
    def state(self) -> str | None:
        """The state of its last update."""
        return None if self.update is None else str(self.update["State"])

    @property
    def template(self) -> Document:
        found: Document = self.spec.get("TaskTemplate") or {}
        return found

    def document(self) -> Document:
        """Return the API's document."""
        found: Document = {
            "ID": self.id,
            "Version": {"Index": self.index},
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Spec": clone(self.spec),
        }
        if self.previous is not None:
            found["PreviousSpec"] = clone(self.previous)
        if self.update is not None:
            found["UpdateStatus"] = dict(self.update)
        if self.mode.endswith("Job"):
            found["JobStatus"] = {"JobIteration": {"Index": self.iteration}}
        return found


@dataclass
class Task:
    """One task, and what its node is about to make of it.

    :param next_at: when its node takes it a step on; None: not before something else changes.
    :param fate: what becomes of it (see ``behaviour.py``), once a node has it.
    """

    id: str
    index: int
    created: str
    updated: str
    service_id: str
    slot: int
    node_id: str
    template: Document
    endpoint: Document | None
    spec_version: int
    desired: TaskState
    iteration: int | None = None
    state: TaskState = TaskState.NEW
    message: str = "created"
    error: str = ""
    timestamp: str = ""
    exit_code: int | None = None
    has_container: bool = False
    next_at: float | None = None
    stopping: bool = False
    fate: t.Any = None

    @property
    def has_ended(self) -> bool:
        return self.state > TaskState.RUNNING

    def document(self) -> Document:
        """Return the API's document."""
        status: Document = {
            "Timestamp": self.timestamp,
            "State": self.state.text,
            "Message": self.message,
        }
        if self.error:
            status["Err"] = self.error
        if self.has_container or self.exit_code is not None:
            status["ContainerStatus"] = {
                "ContainerID": f"container-of-{self.id}",
                "PID": 0 if self.has_ended else 1,
                "ExitCode": self.exit_code or 0,
            }
        found: Document = {
            "ID": self.id,
            "Version": {"Index": self.index},
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Spec": clone(self.template),
            "ServiceID": self.service_id,
            "Status": status,
            "DesiredState": self.desired.text,
        }
        if self.slot:
            found["Slot"] = self.slot
        if self.node_id:
            found["NodeID"] = self.node_id
        if self.iteration is not None:
            found["JobIteration"] = {"Index": self.iteration}
        return found
