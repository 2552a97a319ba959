# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's JSON documents -> the collection's data. Pure; tolerates whatever is missing.

The engine is written in Go and leaves out what is empty: a service may have no ContainerSpec
(it runs a plugin), no Secrets, no UpdateStatus, no PreviousSpec; a reference may have no File.
Empty lists and objects may come as null.
"""

from __future__ import annotations

import typing as t

from . import model

Document = t.Mapping[str, t.Any]

# Service mode as the API spells it -> as `docker service ls` and our messages do.
_MODES = {
    "Replicated": "replicated",
    "Global": "global",
    "ReplicatedJob": "replicated-job",
    "GlobalJob": "global-job",
}


def parse_secret(document: Document) -> model.SwarmSecret:
    """Read one element of ``GET /secrets``."""
    spec = _part(document, "Spec")
    return model.SwarmSecret(
        id=document["ID"],
        name=spec.get("Name") or "",
        labels=dict(_part(spec, "Labels")),
        index=_index(document),
        created_at=document.get("CreatedAt") or "",
        driver=_part(spec, "Driver").get("Name") or None,
        templating=dict(_part(spec, "Templating")) or None,
        raw_spec=spec,
    )


def parse_service(document: Document) -> model.Service:
    """Read one element of ``GET /services``, or ``GET /services/{id}``."""
    spec = _part(document, "Spec")
    previous = document.get("PreviousSpec") or None
    update = _part(document, "UpdateStatus")
    mode, replicas = _mode(_part(spec, "Mode"))
    return model.Service(
        id=document["ID"],
        name=spec.get("Name") or "",
        index=_index(document),
        mode=mode,
        replicas=replicas,
        labels=dict(_part(spec, "Labels")),
        references=references_of_task(_part(spec, "TaskTemplate")),
        previous_references=references_of_task(_part(previous or {}, "TaskTemplate")),
        update_state=update.get("State") or None,
        update_message=update.get("Message") or "",
        update_started=update.get("StartedAt") or "",
        raw_spec=spec,
        raw_previous_spec=previous,
    )


def parse_task(document: Document) -> model.Task:
    """Read one element of ``GET /tasks``."""
    status = _part(document, "Status")
    slot = document.get("Slot")
    return model.Task(
        id=document["ID"],
        service_id=document.get("ServiceID") or "",
        slot=str(slot) if slot else "",
        node_id=document.get("NodeID") or "",
        state=status.get("State") or "",
        desired_state=document.get("DesiredState") or "",
        error=status.get("Err") or "",
        secret_ids=frozenset(
            reference.secret_id for reference in references_of_task(_part(document, "Spec"))
        ),
        created_at=document.get("CreatedAt") or "",
        timestamp=status.get("Timestamp") or "",
        exit_code=_part(status, "ContainerStatus").get("ExitCode"),
        has_container=bool(_part(status, "ContainerStatus").get("ContainerID")),
        template=_part(document, "Spec"),
    )


def references_of_task(template: model.RawSpec) -> tuple[model.Reference, ...]:
    """Return the secret references of a TaskTemplate, in the engine's order."""
    entries = _part(template, "ContainerSpec").get("Secrets") or ()
    return tuple(
        model.Reference(
            secret_id=entry.get("SecretID") or "",
            secret_name=entry.get("SecretName") or "",
            target=_part(entry, "File").get("Name") or "",
        )
        for entry in entries
    )


def _part(document: Document, key: str) -> Document:
    """Return a nested object, empty where it is missing or null."""
    part: Document = document.get(key) or {}
    return part


def _index(document: Document) -> int:
    return int(_part(document, "Version").get("Index") or 0)


def _mode(mode: Document) -> tuple[str, int | None]:
    """Return the mode's name, and the replicas of a replicated service.

    No mode at all means one replica (moby, ``daemon/cluster/convert/service.go``).
    """
    for key, name in _MODES.items():
        if mode.get(key) is not None:
            replicas = mode[key].get("Replicas", 1) if key == "Replicated" else None
            return name, replicas
    return "replicated", 1
