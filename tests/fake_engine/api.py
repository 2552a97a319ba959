# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker Engine API of the fake: a ``Transport`` that refuses in the engine's own words."""

from __future__ import annotations

import base64
import copy
import json
import re
import typing as t
from dataclasses import dataclass

from tests.fake_engine.model import Document, Secret, Service, clone
from tests.fake_engine.product import SecretValue, answer_error
from tests.fake_engine.specs import secret_entries, secret_ids

if t.TYPE_CHECKING:
    from tests.fake_engine.engine import Engine

HOST = "fake://swarm"
#: Seconds that a call takes.
LATENCY = 0.002

_NAME = re.compile(r"[a-zA-Z0-9]+(?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?")
_MOST = 64


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The engine says no."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = f"rpc error: code = {code} desc = {message}" if code else message


@dataclass
class FakeTransport:
    """Calls a fake engine as the real transport calls a real one."""

    engine: Engine
    latency: float = LATENCY

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        """See ``Transport.call`` of the product."""
        self.engine.clock.sleep(self.latency)
        try:
            return self._answer(method, path, dict(params or {}), copy.copy(body))
        except Refused as refused:
            status, message = refused.status, refused.message
        raise answer_error(f"{method} {path}", HOST, status, message)

    def _answer(self, method: str, path: str, params: Document, body: t.Any) -> t.Any:
        parts = path.strip("/").split("/")
        route = f"{method} {parts[0]}"
        if len(parts) > 1:
            route += f"/{parts[1] if parts[1] == 'create' else '{}'}"
        if len(parts) > 2:
            route += f"/{parts[2]}"
        handle = getattr(self, _ROUTES.get(route, "_unknown"))
        return handle(parts[1] if len(parts) > 1 else "", params, body)

    def _unknown(self, _key: str, _params: Document, _body: t.Any) -> t.NoReturn:
        raise Refused(404, "page not found")

    # -- the swarm and its nodes --------------------------------------------------------------

    def _info(self, _key: str, _params: Document, _body: t.Any) -> Document:
        first = next(iter(self.engine.store.nodes.values()))
        return {
            "Name": first.hostname,
            "Swarm": {
                "NodeID": first.id,
                "LocalNodeState": "active",
                "ControlAvailable": True,
                "Error": "",
            },
        }

    def _version(self, _key: str, _params: Document, _body: t.Any) -> Document:
        return {"ApiVersion": "1.51", "Version": "28.5.2"}

    def _nodes(self, _key: str, _params: Document, _body: t.Any) -> list[Document]:
        return [node.document() for node in self.engine.store.nodes.values()]

    def _node(self, key: str, _params: Document, _body: t.Any) -> Document:
        return _found(self.engine.store.nodes, key, "node").document()

    def _update_node(self, key: str, params: Document, body: t.Any) -> None:
        node = _found(self.engine.store.nodes, key, "node")
        _check_index(node.index, params)
        node.availability = body.get("Availability", node.availability)
        node.labels = dict(body.get("Labels") or {})
        self.engine.store.touch(node)

    # -- secrets ------------------------------------------------------------------------------

    def _secrets(self, _key: str, params: Document, _body: t.Any) -> list[Document]:
        filters = _filters(params)
        found = list(self.engine.store.secrets.values())
        if "id" in filters:
            found = [one for one in found if one.id.startswith(tuple(filters["id"]))]
        if "name" in filters:
            found = [one for one in found if one.name.startswith(tuple(filters["name"]))]
        if "names" in filters:
            found = [one for one in found if one.name in filters["names"]]
        return [one.document() for one in found if _has_labels(one.labels, filters)]

    def _secret(self, key: str, _params: Document, _body: t.Any) -> Document:
        return self._the_secret(key).document()

    def _the_secret(self, key: str) -> Secret:
        by_id = self.engine.store.secrets.get(key) or self.engine.store.secret_named(key)
        if by_id is None:
            raise Refused(404, f"secret {key} not found")
        return by_id

    def _create_secret(self, _key: str, _params: Document, body: t.Any) -> Document:
        spec = {key: value for key, value in body.items() if key != "Data"}
        name = str(spec.get("Name") or "")
        if len(name) > _MOST or not _NAME.fullmatch(name):
            text = (
                "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end"
                " character must be [a-zA-Z0-9]"
            )
            raise Refused(400, text, "InvalidArgument")
        data = _bytes(body.get("Data"))
        driver = spec.get("Driver")
        if driver and not driver.get("Name"):
            raise Refused(400, "secret driver must have a name", "InvalidArgument")
        if not driver and not 1 <= len(data) < 500 * 1024:
            text = "secret data must be larger than 0 and less than 512000 bytes"
            raise Refused(400, text, "InvalidArgument")
        if driver and driver["Name"] not in self.engine.store.drivers:
            raise Refused(500, f'plugin "{driver["Name"]}" not found', "Unknown")
        if self.engine.store.secret_named(name) is not None:
            raise Refused(409, f"secret {name} already exists", "AlreadyExists")
        spec["Labels"] = dict(spec.get("Labels") or {})
        made = self.engine.store.add_secret(spec, data)
        # Real engines ask no driver here. It is for those who look at a story: a pinned value is
        # what it is.
        self.engine.store.serve(made)
        return {"ID": made.id}

    def _update_secret(self, key: str, params: Document, body: t.Any) -> None:
        secret = self._the_secret(key)
        given = body.get("Data")
        if body.get("Name") != secret.name or (given and _bytes(given) != secret.data):
            raise Refused(400, "only updates to Labels are allowed", "InvalidArgument")
        _check_index(secret.index, params)
        secret.spec = {**secret.spec, "Labels": dict(body.get("Labels") or {})}
        self.engine.store.touch(secret)

    def _remove_secret(self, key: str, _params: Document, _body: t.Any) -> None:
        secret = self._the_secret(key)
        services = self.engine.store.services.values()
        used_by = [one.name for one in services if secret.id in secret_ids(one.spec)]
        if used_by:
            plural = "s" if len(used_by) > 1 else ""
            names = ", ".join(used_by)
            text = f"secret '{secret.name}' is in use by the following service{plural}: {names}"
            raise Refused(400, text, "InvalidArgument")
        del self.engine.store.secrets[secret.id]

    # -- services -----------------------------------------------------------------------------

    def _services(self, _key: str, params: Document, _body: t.Any) -> list[Document]:
        filters = _filters(params)
        found = list(self.engine.store.services.values())
        if "id" in filters:
            found = [one for one in found if one.id.startswith(tuple(filters["id"]))]
        if "name" in filters:
            found = [one for one in found if one.name.startswith(tuple(filters["name"]))]
        return [
            one.document() for one in found if _has_labels(one.spec.get("Labels") or {}, filters)
        ]

    def _service(self, key: str, _params: Document, _body: t.Any) -> Document:
        return self._the_service(key).document()

    def _the_service(self, key: str) -> Service:
        found = self.engine.store.services.get(key) or self.engine.store.service_named(key)
        if found is None:
            raise Refused(404, f"service {key} not found")
        return found

    def _create_service(self, _key: str, _params: Document, body: t.Any) -> Document:
        self._check_references(body)
        if self.engine.store.service_named(body["Name"]) is not None:
            text = f"name conflicts with an existing object: service {body['Name']} already exists"
            raise Refused(409, text, "AlreadyExists")
        return {"ID": self.engine.store.add_service(body).id}

    def _update_service(self, key: str, params: Document, body: t.Any) -> Document:
        service = self._the_service(key)
        store = self.engine.store
        self._check_references(body)
        if body.get("Name") != service.name:
            raise Refused(501, "renaming services is not supported", "Unimplemented")
        if set(body.get("Mode") or {}) != set(service.spec.get("Mode") or {}):
            raise Refused(501, "service mode change is not allowed", "Unimplemented")
        going_back = params.get("rollback") == "previous"
        if going_back and service.previous is None:
            text = f"service {service.id} does not have a previous spec"
            raise Refused(400, text, "FailedPrecondition")
        _check_index(service.index, params)
        service.iteration += service.mode.endswith("Job")
        old = service.spec, service.spec_version
        if going_back:
            service.spec = service.previous or {}
            service.spec_version = service.previous_version or 0
            service.update = {
                "State": "rollback_started",
                "StartedAt": store.stamp(),
                "Message": "manually requested rollback",
            }
        else:
            service.spec = clone(body)
            service.spec_version = service.index
            service.update = None
        service.previous, service.previous_version = old
        store.touch(service)
        return {"Warnings": None}

    def _check_references(self, spec: t.Mapping[str, t.Any]) -> None:
        """Refuse what ``checkSecretExistence`` and ``validateSecretRefsSpec`` refuse."""
        targets: dict[str, str] = {}
        for entry in secret_entries(spec):
            name = entry.get("SecretName") or ""
            if not entry.get("SecretID") or not name:
                raise Refused(400, "malformed secret reference", "InvalidArgument")
            target = (entry.get("File") or {}).get("Name") or ""
            if target in targets:
                text = (
                    f"secret references '{targets[target]}' and '{name}' have a conflicting"
                    f" target: '{target}'"
                )
                raise Refused(400, text, "InvalidArgument")
            targets[target] = name
        missing = []
        for entry in secret_entries(spec):
            secret = self.engine.store.secrets.get(entry["SecretID"])
            if secret is None or secret.name != entry["SecretName"]:
                missing.append(entry["SecretName"])
        if missing:
            plural = "s" if len(missing) > 1 else ""
            text = f"secret{plural} not found: {', '.join(missing)}"
            raise Refused(400, text, "InvalidArgument")

    def _remove_service(self, key: str, _params: Document, _body: t.Any) -> None:
        service = self._the_service(key)
        del self.engine.store.services[service.id]
        self.engine.orchestrator.removed(service)

    # -- tasks --------------------------------------------------------------------------------

    def _tasks(self, _key: str, params: Document, _body: t.Any) -> list[Document]:
        filters = _filters(params)
        found = list(self.engine.store.tasks.values())
        if "service" in filters:
            wanted = {self._the_service(key).id for key in filters["service"]}
            found = [task for task in found if task.service_id in wanted]
        if "desired-state" in filters:
            found = [task for task in found if task.desired.text in filters["desired-state"]]
        if "id" in filters:
            found = [task for task in found if task.id.startswith(tuple(filters["id"]))]
        return [task.document() for task in found]

    def _task(self, key: str, _params: Document, _body: t.Any) -> Document:
        return _found(self.engine.store.tasks, key, "task").document()


_ROUTES = {
    "GET info": "_info",
    "GET version": "_version",
    "GET nodes": "_nodes",
    "GET nodes/{}": "_node",
    "POST nodes/{}/update": "_update_node",
    "GET secrets": "_secrets",
    "GET secrets/{}": "_secret",
    "POST secrets/create": "_create_secret",
    "POST secrets/{}/update": "_update_secret",
    "DELETE secrets/{}": "_remove_secret",
    "GET services": "_services",
    "GET services/{}": "_service",
    "POST services/create": "_create_service",
    "POST services/{}/update": "_update_service",
    "DELETE services/{}": "_remove_service",
    "GET tasks": "_tasks",
    "GET tasks/{}": "_task",
}

_Any = t.TypeVar("_Any")


def _found(things: t.Mapping[str, _Any], key: str, kind: str) -> _Any:
    if key not in things:
        raise Refused(404, f"{kind} {key} not found")
    return things[key]


def _check_index(index: int, params: t.Mapping[str, t.Any]) -> None:
    if int(params.get("version", -1)) != index:
        raise Refused(500, "update out of sequence", "Unknown")


def _filters(params: t.Mapping[str, t.Any]) -> dict[str, list[str]]:
    given: dict[str, list[str]] = json.loads(params.get("filters") or "{}")
    return given


def _has_labels(labels: t.Mapping[str, str], filters: t.Mapping[str, t.Sequence[str]]) -> bool:
    for wanted in filters.get("label", ()):
        key, equal, value = wanted.partition("=")
        if key not in labels or (equal and labels[key] != value):
            return False
    return True


def _bytes(data: object) -> bytes:
    if isinstance(data, SecretValue):
        return data.reveal()
    return base64.b64decode(str(data or ""))
