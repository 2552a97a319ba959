# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings of service specs: references, update settings, restart policy. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tests.fake_engine.model import SECOND, Document

if t.TYPE_CHECKING:
    from tests.fake_engine.model import Node, Service, Task

# What the engine takes where a service does not say (swarmkit, ``api/defaults/service.go``).
DEFAULT_MONITOR = 5.0
DEFAULT_RESTART_DELAY = 5.0
DEFAULT_GRACE = 10.0


def secret_entries(spec: t.Mapping[str, t.Any] | None) -> list[Document]:
    """Return the secret references of a service spec, as they stand in it."""
    return template_entries((spec or {}).get("TaskTemplate"))


def template_entries(template: t.Mapping[str, t.Any] | None) -> list[Document]:
    """Return the secret references of a TaskTemplate, as they stand in it."""
    container = (template or {}).get("ContainerSpec") or {}
    return list(container.get("Secrets") or ())


def secret_ids(spec: t.Mapping[str, t.Any] | None) -> set[str]:
    """Return the ids of the secrets a service spec refers to."""
    return {str(entry["SecretID"]) for entry in secret_entries(spec)}


@dataclass(frozen=True)
class UpdateConfig:
    """How a service is updated, or rolled back; in seconds."""

    parallelism: int = 1
    delay: float = 0.0
    monitor: float = DEFAULT_MONITOR
    failure_action: str = "pause"
    max_failure_ratio: float = 0.0
    order: str = "stop-first"

    @classmethod
    def of(cls, spec: t.Mapping[str, t.Any], key: str) -> UpdateConfig:
        """Read ``UpdateConfig`` or ``RollbackConfig``."""
        given = spec.get(key)
        if given is None:
            return cls()
        return cls(
            parallelism=int(given.get("Parallelism") or 0),
            delay=(given.get("Delay") or 0) / SECOND,
            monitor=(given.get("Monitor") or DEFAULT_MONITOR * SECOND) / SECOND,
            failure_action=given.get("FailureAction") or "pause",
            max_failure_ratio=float(given.get("MaxFailureRatio") or 0.0),
            order=given.get("Order") or "stop-first",
        )


@dataclass(frozen=True)
class RestartPolicy:
    """When a task that ended is replaced; in seconds."""

    condition: str = "any"
    delay: float = DEFAULT_RESTART_DELAY
    max_attempts: int = 0
    window: float = 0.0

    @classmethod
    def of(cls, template: t.Mapping[str, t.Any]) -> RestartPolicy:
        """Read it from a TaskTemplate."""
        given = template.get("RestartPolicy")
        if given is None:
            return cls()
        delay = given.get("Delay")
        return cls(
            condition=given.get("Condition") or "any",
            delay=DEFAULT_RESTART_DELAY if delay is None else delay / SECOND,
            max_attempts=int(given.get("MaxAttempts") or 0),
            window=(given.get("Window") or 0) / SECOND,
        )


def grace_period(template: t.Mapping[str, t.Any]) -> float:
    """Return how long a container may take to stop, in seconds."""
    grace = (template.get("ContainerSpec") or {}).get("StopGracePeriod")
    return DEFAULT_GRACE if grace is None else float(grace) / SECOND


def image_of(template: t.Mapping[str, t.Any]) -> str:
    """Return the image a task runs."""
    return str((template.get("ContainerSpec") or {}).get("Image") or "")


def command_of(template: t.Mapping[str, t.Any]) -> list[str]:
    """Return what a task runs in place of its image's own program."""
    return list((template.get("ContainerSpec") or {}).get("Command") or ())


def constraints(template: t.Mapping[str, t.Any]) -> list[str]:
    """Return the placement constraints."""
    return list((template.get("Placement") or {}).get("Constraints") or ())


def host_ports(endpoint: t.Mapping[str, t.Any] | None) -> set[tuple[str, int]]:
    """Return the ports that a task takes on its node."""
    return {
        (port.get("Protocol") or "tcp", int(port["PublishedPort"]))
        for port in (endpoint or {}).get("Ports") or ()
        if port.get("PublishMode") == "host" and port.get("PublishedPort")
    }


def matches(node: Node, wanted: t.Iterable[str]) -> bool:
    """Tell whether a node meets all constraints (``constraint.NodeMatches``)."""
    for text in wanted:
        key, equal, value = text.partition("==")
        if not equal:
            key, equal, value = text.partition("!=")
        key, value = key.strip(), value.strip()
        known = {"node.id": node.id, "node.hostname": node.hostname, "node.role": node.role}
        found = known.get(key, node.labels.get(key.removeprefix("node.labels."), ""))
        if (found.lower() == value.lower()) is not (equal == "=="):
            return False
    return True


def is_dirty(service: Service, task: Task, node: Node | None) -> bool:
    """Tell whether a task is not what its service wants (``orchestrator.IsTaskDirty``)."""
    if task.spec_version == service.spec_version:
        return False
    wanted, has = _filled(service.template), _filled(task.template)
    if wanted.get("Placement") != has.get("Placement"):
        alike = {**wanted, "Placement": None} == {**has, "Placement": None}
        if alike and node is not None and matches(node, constraints(service.template)):
            return False
    endpoint = service.spec.get("EndpointSpec")
    return bool(wanted != has or _filled(endpoint) != _filled(task.endpoint))


def _filled(value: t.Any) -> t.Any:
    """Drop what is empty: to the engine a missing list and an empty one are the same."""
    if not isinstance(value, dict):
        return value if value is not None else {}
    kept = {key: _filled(item) for key, item in value.items() if item not in (None, [], {}, "", 0)}
    return {key: item for key, item in kept.items() if item != {}}
