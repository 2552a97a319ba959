# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker Engine API as far as the collection needs it."""

from __future__ import annotations

import json
import typing as t

from .._common import errors, secret_value
from . import model, responses

if t.TYPE_CHECKING:
    from .diagnosis import manager
    from .transport import Transport

MAX_FILTERED_IDS = 100
"""Above this the whole list is asked for: a filter takes 34 characters an ID in the URL, and
proxies in front of an engine often stop at 8,000."""

MAX_TRIES = 5
"""Of a label update against others who update the same secret."""


class SwarmClient:
    """Secrets, services and tasks of one swarm. Safe to use from several threads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def secrets(self) -> list[model.SwarmSecret]:
        """Return every secret of the swarm, in one request."""
        return [responses.parse_secret(document) for document in self._get("/secrets")]

    def services(self, ids: t.Iterable[str] | None = None) -> list[model.Service]:
        """Return all services, or those with these IDs that there are, in one request."""
        wanted = None if ids is None else frozenset(ids)
        if wanted is not None and not wanted:
            return []
        documents = self._get("/services", _filters(id=_few(wanted)))
        found = [responses.parse_service(document) for document in documents]
        # The engine's filter matches prefixes too.
        return [service for service in found if wanted is None or service.id in wanted]

    def service(self, service_id: str) -> model.Service:
        """Return one service.

        :raises DockerNotFoundError: it is gone.
        """
        return responses.parse_service(self._get(f"/services/{service_id}"))

    def tasks(self, service_ids: t.Iterable[str], *, live_only: bool) -> list[model.Task]:
        """Return the tasks of these services, in one request.

        :param live_only: only tasks that are meant to run; else also those the engine remembers
            (by default the last five of each slot).
        """
        wanted = frozenset(service_ids)
        if not wanted:
            return []
        states = model.LIVE if live_only else None
        try:
            documents = self._get("/tasks", _filters(service=_few(wanted), desired_state=states))
        except errors.DockerNotFoundError:
            # One of them is gone, and the engine then refuses to tell about the others.
            documents = self._get("/tasks", _filters(desired_state=states))
        found = [responses.parse_task(document) for document in documents]
        return [task for task in found if task.service_id in wanted]

    def manager_state(self) -> manager.ManagerState:
        """Tell whether the engine's own node serves as a manager, as it and the others see it.

        :raises DockerError: it does not answer, or there is no leader.
        """
        from .diagnosis import manager

        info = self._get("/info")
        node, problem = info.get("Name") or "", manager.problem_of_engine(info)
        if problem is not None:
            return manager.ManagerState(node, problem)
        seen = self._get(f"/nodes/{info['Swarm']['NodeID']}")
        return manager.ManagerState(node, manager.problem_of_node(seen), manager.is_leader(seen))

    def create_secret(
        self,
        name: str,
        labels: t.Mapping[str, str],
        value: secret_value.SecretValue,
        templating: model.RawSpec | None = None,
    ) -> str:
        """Create a secret and return its ID.

        :param templating: what fills in placeholders in the value, as another secret has it.
        :raises NameTakenError: there is one of that name.
        """
        return self._create(name, labels, templating, {"Data": value})

    def create_driver_secret(
        self,
        name: str,
        labels: t.Mapping[str, str],
        driver: str,
        templating: model.RawSpec | None = None,
    ) -> str:
        """Create a secret whose value a plugin serves when a task starts, and return its ID.

        The engine looks for the plugin, and does not ask it for the value (swarmkit,
        ``manager/controlapi/secret.go``).

        :raises NameTakenError: there is one of that name.
        :raises DockerError: the leader has no such plugin, or it is disabled.
        """
        return self._create(name, labels, templating, {"Driver": {"Name": driver}})

    def _create(
        self,
        name: str,
        labels: t.Mapping[str, str],
        templating: model.RawSpec | None,
        payload: t.Mapping[str, t.Any],
    ) -> str:
        body: dict[str, t.Any] = {"Name": name, "Labels": dict(labels), **payload}
        if templating is not None:
            body["Templating"] = dict(templating)
        answer = self._transport.call("POST", "/secrets/create", None, body)
        return str(answer["ID"])

    def update_secret_labels(
        self,
        secret: model.SwarmSecret,
        change: t.Callable[[t.Mapping[str, str]], t.Mapping[str, str]],
    ) -> bool:
        """Change a secret's labels, whoever else changes them meanwhile; False: nothing to change.

        The engine wants the whole spec back (swarmkit, ``manager/controlapi/secret.go``).

        :param change: returns the labels it is to have for those it has; called once more for
            what somebody else has made of them.
        :raises DockerNotFoundError: it is gone.
        :raises OutOfSequenceError: others changed it again and again.
        """
        path = f"/secrets/{secret.id}"
        for attempt in range(1, MAX_TRIES + 1):
            labels = dict(change(secret.labels))
            if labels == secret.labels:
                return False
            spec = {**secret.raw_spec, "Labels": labels}
            try:
                self._transport.call("POST", f"{path}/update", {"version": secret.index}, spec)
            except errors.OutOfSequenceError:
                if attempt == MAX_TRIES:
                    raise
                secret = responses.parse_secret(self._get(path))
            else:
                return True
        raise AssertionError("the last try returns or raises")

    def remove_secret(self, secret_id: str) -> None:
        """Remove a secret; one that is gone already is fine.

        :raises InUseError: a service refers to it.
        """
        try:
            self._transport.call("DELETE", f"/secrets/{secret_id}")
        except errors.DockerNotFoundError:
            return

    def update_service(self, service: model.Service, spec: model.RawSpec) -> None:
        """Replace a service's spec as a whole; returns before the engine starts to roll it out.

        Credentials for the image's registry stay what they are, since none are named.

        :raises OutOfSequenceError: the service changed since it was read.
        """
        self._update(service, spec, {})

    def rollback_service(self, service: model.Service) -> None:
        """Make the engine swap the service's spec with the one before.

        The engine checks the spec that is sent as if it were to be used (swarmkit,
        ``manager/controlapi/service.go``), so the present one is sent, as the CLI does.

        :raises OutOfSequenceError: the service changed since it was read.
        :raises DockerError: there is no spec before, for instance after a rollback by the engine.
        """
        self._update(service, service.raw_spec, {"rollback": "previous"})

    def _update(
        self, service: model.Service, spec: model.RawSpec, extra: t.Mapping[str, str]
    ) -> None:
        path = f"/services/{service.id}/update"
        self._transport.call("POST", path, {"version": service.index, **extra}, dict(spec))

    def _get(self, path: str, params: t.Mapping[str, t.Any] | None = None) -> t.Any:
        return self._transport.call("GET", path, params)


def _few(ids: t.Collection[str] | None) -> t.Collection[str] | None:
    return ids if ids is not None and len(ids) <= MAX_FILTERED_IDS else None


def _filters(**filters: t.Collection[str] | None) -> dict[str, str] | None:
    """Return the query parameter for filters; None and empty ones are left out."""
    present = {name.replace("_", "-"): sorted(values) for name, values in filters.items() if values}
    return {"filters": json.dumps(present, separators=(",", ":"))} if present else None
