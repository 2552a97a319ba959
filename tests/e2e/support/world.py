# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Swarm and a real OpenBao, in the words of the tests."""

from __future__ import annotations

import contextlib
import hashlib
import re
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import docker
import docker.errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.rotate import rotate
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import (
    settings as engine_options,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import (
    open_transport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import Transport
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import (
    resolve as resolve_vault,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed import Bed, OpenBao
from testbed.services import wait_for_service
from testbed.waiting import wait_for

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

    from testbed import Node

IMAGE = "swarmvault-test/app:1"
#: Label of a container: the id of its task.
TASK = "com.docker.swarm.task.id"
SECOND = 1_000_000_000
#: Short enough for a test, long enough for a task that fails at once to be seen failing.
MONITOR = SECOND // 2
DEADLINE = 60.0


T = t.TypeVar("T")


def state_of_update(found: dict[str, t.Any]) -> str | None:
    """Return what the engine's document of a service says of its last update."""
    state = (found.get("UpdateStatus") or {}).get("State")
    return None if state is None else str(state)


def _is_updating(found: dict[str, t.Any]) -> bool:
    return state_of_update(found) in ("updating", "rollback_started")


_DIGEST = re.compile(r"[0-9a-f]{12}")


def _is_paused(found: dict[str, t.Any]) -> bool:
    return state_of_update(found) in ("paused", "rollback_paused")


def _all_run(found: dict[str, t.Any], tasks: t.Sequence[dict[str, t.Any]]) -> bool:
    """Tell whether no update is under way and every task runs, at least one if not scaled."""
    mode = found["Spec"]["Mode"]
    wanted = mode.get("Replicated", {}).get("Replicas", 1)
    states = [task["Status"]["State"] for task in tasks]
    enough = len(states) >= wanted if "Replicated" in mode else bool(states)
    return enough and set(states) <= {"running"} and not _is_updating(found)


def digest(value: str) -> str:
    """Return what the test application shows of a value."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def kv2(path: str, field_name: str | None = None, **more: t.Any) -> VaultSource:
    """Return a source in the default mount."""
    return VaultSource(path=path, field=field_name, **more)


def vaulted(name: str, path: str, field_name: str | None = None, **more: t.Any) -> SecretRequest:
    """Return a request for a logical secret from a KV v2 path."""
    return SecretRequest(name=name, source=kv2(path, field_name), **more)


def given(name: str, value: str, **more: t.Any) -> SecretRequest:
    """Return a request for a logical secret with its value handed over."""
    return SecretRequest(name=name, data=SecretValue(value.encode()), **more)


def shown_in(client: docker.APIClient, container: str, target: str) -> str | None:
    """Return the digest of the file that a container sees; None where it has just ended."""
    with contextlib.suppress(docker.errors.APIError):
        made = client.exec_create(container, ["sha256sum", f"/run/secrets/{target}"])
        answer = client.exec_start(made["Id"]).decode(errors="replace")[:12]
        # Otherwise it is what the engine says of a container that is just ending.
        if _DIGEST.fullmatch(answer):
            return str(answer)
    return None


class Counting:
    """A transport that notes every call before it passes it on."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.calls: list[str] = []

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: t.Any = None,
    ) -> t.Any:
        self.calls.append(f"{method} {path}")
        return self.inner.call(method, path, params, body)


@dataclass
class World:
    """One bed and its OpenBao."""

    bed: Bed
    client: docker.APIClient
    vault: OpenBao
    wrap: t.Callable[[Transport], Transport] | None = None
    calls: list[str] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)

    # -- Vault --------------------------------------------------------------------------------

    def put(self, path: str, **fields: t.Any) -> int | None:
        """Write a KV v2 secret; return its version, counted from 1 in each test."""
        self.paths.add(path)
        return self.vault.put(path, **fields)

    def forget(self) -> None:
        """Remove what the test wrote to KV v2, versions included."""
        kv = self.vault.client().secrets.kv.v2
        for path in self.paths:
            kv.delete_metadata_and_all_versions(path, mount_point="secret")
        self.paths.clear()

    # -- Swarm --------------------------------------------------------------------------------

    def secret_as(self, **spec: t.Any) -> None:
        """Create a Swarm secret from its whole spec, with what the SDK does not know of."""
        answer = self.client._post_json(self.client._url("/secrets/create"), data=spec)
        self.client._result(answer, json=True)

    def secret(self, name: str, value: str, labels: dict[str, str] | None = None) -> str:
        """Create a Swarm secret by hand; return its id."""
        return str(self.client.create_secret(name, value.encode(), labels=labels or {})["ID"])

    def secrets(self) -> dict[str, dict[str, str]]:
        """Return the labels of every Swarm secret by name."""
        return {s["Spec"]["Name"]: s["Spec"].get("Labels") or {} for s in self.client.secrets()}

    def names(self) -> list[str]:
        """Return the names of all Swarm secrets."""
        return sorted(self.secrets())

    def service(  # noqa: PLR0913 - one keyword for each thing a test varies
        self,
        name: str,
        secrets: t.Mapping[str, str] | None = None,
        *,
        replicas: int = 1,
        mode: dict[str, t.Any] | None = None,
        labels: dict[str, str] | None = None,
        env: t.Sequence[str] = (),
        update: dict[str, t.Any] | None = None,
        command: t.Sequence[str] = ("/app.sh",),
        task: dict[str, t.Any] | None = None,
        container: dict[str, t.Any] | None = None,
        ports: t.Sequence[dict[str, t.Any]] = (),
        wait: bool = True,
    ) -> str:
        """Create a service whose targets are filled from Swarm secrets, and wait until it runs.

        :param secrets: target -> name of a Swarm secret.
        :param task: more of the TaskTemplate, such as its placement.
        :param container: more of the ContainerSpec, such as another image.
        :param ports: what it publishes, in the words of the engine.
        """
        ids = {s["Spec"]["Name"]: s["ID"] for s in self.client.secrets()}
        references = [
            {
                "File": {"Name": target, "UID": "0", "GID": "0", "Mode": 0o444},
                "SecretID": ids[secret],
                "SecretName": secret,
            }
            for target, secret in (secrets or {}).items()
        ]
        spec = {
            "Name": name,
            "Labels": labels or {},
            "Mode": mode or {"Replicated": {"Replicas": replicas}},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": IMAGE,
                    "Command": list(command),
                    "Env": list(env),
                    "Secrets": references,
                    "StopGracePeriod": SECOND,
                    **(container or {}),
                },
                "RestartPolicy": {"Condition": "any", "Delay": SECOND // 10},
                **(task or {}),
            },
            "UpdateConfig": {
                "Parallelism": 1,
                "Monitor": MONITOR,
                "FailureAction": "pause",
                "Order": "stop-first",
                **(update or {}),
            },
            "RollbackConfig": {"Parallelism": 0, "Monitor": MONITOR, "FailureAction": "pause"},
        }
        if ports:
            spec["EndpointSpec"] = {"Mode": "dnsrr", "Ports": list(ports)}
        if mode and any(key.endswith("Job") for key in mode):
            del spec["UpdateConfig"], spec["RollbackConfig"]  # the engine refuses them for jobs
        answer = self.client._result(
            self.client._post_json(self.client._url("/services/create"), data=spec), json=True
        )
        if wait:
            self.wait_running(name)
        return str(answer["ID"])

    def remove_network(self, name: str) -> None:
        """Remove a network and wait until it is gone: what makes it anew must not find the old."""

        def gone() -> bool:
            for network in self.client.networks(names=[name]):
                self.client.remove_network(network["Id"])
            return not self.client.networks(names=[name])

        wait_for(
            f"the network {name} to go", gone, timeout=DEADLINE, ignore=(docker.errors.APIError,)
        )

    def inspect(self, service: str) -> dict[str, t.Any]:
        """Return the engine's document of a service."""
        return t.cast("dict[str, t.Any]", self.client.inspect_service(service))

    def edit(self, service: str, change: t.Callable[[dict[str, t.Any]], None]) -> None:
        """Update a service as somebody else would, trying again while its index moves."""

        def tried() -> bool:
            found = self.inspect(service)
            spec = found["Spec"]
            change(spec)
            url = self.client._url("/services/{0}/update", found["ID"])
            answer = self.client._post_json(
                url, data=spec, params={"version": found["Version"]["Index"]}
            )
            return bool(answer.status_code == 200)

        wait_for(f"an update of {service}", tried, timeout=DEADLINE, interval=0.1)

    def leader(self) -> Node:
        """Wait until a manager leads, and return it."""

        def found() -> Node | None:
            for seen in self.client.nodes():
                if (seen.get("ManagerStatus") or {}).get("Leader"):
                    return self.bed.node(seen["Description"]["Hostname"])
            return None

        not_now = (docker.errors.APIError, OSError)
        return wait_for("a leader", found, timeout=DEADLINE, ignore=not_now)

    def availability(self, node: Node, wanted: str) -> None:
        """Let a node take part as ``active``, ``pause`` or ``drain``."""
        (found,) = [n for n in self.client.nodes() if n["Description"]["Hostname"] == node.name]
        spec = {**found["Spec"], "Availability": wanted}
        self.client.update_node(found["ID"], found["Version"]["Index"], spec)

    def execute(self, service: str, *command: str) -> None:
        """Run a command in each container of a service that runs at this moment."""
        for client, container in self._containers(self.inspect(service)["ID"]):
            client.exec_start(client.exec_create(container["Id"], list(command))["Id"])

    def kill_tasks(self, *states: str) -> None:
        """Kill the containers of tasks at once, however long they may take to stop.

        :param states: only those of tasks that are meant to be so, such as ``shutdown``.
        """
        meant = {task["ID"]: task["DesiredState"] for task in self.client.tasks()}
        for node in self.bed.nodes:
            with contextlib.closing(node.client()) as client:
                for container in client.containers(filters={"label": TASK}):
                    if not states or meant.get(container["Labels"][TASK]) in states:
                        with contextlib.suppress(docker.errors.APIError):  # it has just ended
                            client.kill(container["Id"])

    def live_tasks(self, service: str) -> list[dict[str, t.Any]]:
        """Return the tasks of a service that are meant to run."""
        filters = {"service": service, "desired-state": "running"}
        return t.cast("list[dict[str, t.Any]]", self.client.tasks(filters=filters))

    def task_ids(self, service: str) -> set[str]:
        """Return the ids of the tasks meant to run: they differ after a restart."""
        return {task["ID"] for task in self.live_tasks(service)}

    def wait_running(self, service: str) -> None:
        """Wait until every task of the service runs and no update is under way."""

        self._wait(f"{service} to run", service, lambda: self._is_running(self.inspect(service)))

    def wait_update(self, service: str, state: str) -> None:
        """Wait until the engine says this of the service's last update."""
        wait_for(
            f"the update of {service} to be {state}",
            lambda: state_of_update(self.inspect(service)) == state,
            timeout=DEADLINE,
        )

    def _is_running(self, found: dict[str, t.Any]) -> bool:
        return _all_run(found, self.live_tasks(found["ID"]))

    def _wait(self, what: str, service: str, probe: t.Callable[[], T | None]) -> T:
        return wait_for_service(
            what, probe, client=self.client, service=service, timeout=DEADLINE, interval=0.1
        )

    def references(self, service: str) -> dict[str, str]:
        """Return target -> Swarm secret name of a service."""
        container = self.inspect(service)["Spec"]["TaskTemplate"]["ContainerSpec"]
        return {r["File"]["Name"]: r["SecretName"] for r in container.get("Secrets") or ()}

    def shown(self, service: str, target: str) -> set[str]:
        """Return the digests of the file that the containers of a service see, once it is settled.

        Not before: a task that somebody's update has just restarted still starts, and the one
        before it may still be ending.
        """

        def seen() -> set[str]:
            found = self.inspect(service)
            if _is_paused(found):
                return self._shown_of_those_that_stay(service, target)
            before = self._settled(found)
            if not before:
                return set()
            digests = self.shown_now(service, target)
            # What has changed meanwhile may have been seen half.
            return digests if self._settled(self.inspect(service)) == before else set()

        # A task may fail again and again behind a paused update, while the others run.
        return wait_for(f"{service} to show {target}", seen, timeout=DEADLINE, interval=0.1)

    def _shown_of_those_that_stay(self, service: str, target: str) -> set[str]:
        """Return the digests that the containers see which run before and after the look.

        Behind a paused update one may start and fail all the time.
        """
        before = self._running_containers(service)
        shown = self._shown_by_container(service, target)
        stay = before & self._running_containers(service)
        return {digest for container, digest in shown.items() if container in stay}

    def _running_containers(self, service: str) -> set[str]:
        """Return the containers of the tasks of a service that run, as its manager knows."""
        return {
            task["Status"]["ContainerStatus"]["ContainerID"]
            for task in self.live_tasks(service)
            if task["Status"]["State"] == "running"
        }

    def settled_tasks(self, service: str) -> list[dict[str, t.Any]]:
        """Wait until no update is under way and all tasks run, and return them."""

        def settled() -> list[dict[str, t.Any]] | None:
            found = self.inspect(service)
            tasks = self.live_tasks(found["ID"])
            return tasks if _all_run(found, tasks) else None

        return self._wait(f"the tasks of {service} to settle", service, settled)

    def _settled(self, found: dict[str, t.Any]) -> set[str]:
        """Return the containers of a service if these are the very ones of its tasks that run.

        All of its tasks do, and no change is under way.
        """
        running = self._running_containers(found["ID"])
        if not self._is_running(found):
            return set()
        containers = {container["Id"] for _client, container in self._containers(found["ID"])}
        return running if running == containers else set()

    def shown_now(self, service: str, target: str) -> set[str]:
        """Return the digests of the file that the containers see that run at this very moment.

        For looks in the middle of a change; after one, ``shown`` is meant.
        """
        return set(self._shown_by_container(service, target).values())

    def _shown_by_container(self, service: str, target: str) -> dict[str, str]:
        found = {}
        # By id: containers of an earlier service of that name may still be ending.
        for client, container in self._containers(self.inspect(service)["ID"]):
            answer = shown_in(client, container["Id"], target)
            if answer is not None:
                found[container["Id"]] = answer
        return found

    def contents(self, service: str, path: str) -> list[str]:
        """Return what each container of a service has in a file, once all of them run."""
        self.settled_tasks(service)
        found = []
        for client, container in self._containers(self.inspect(service)["ID"]):
            made = client.exec_create(container["Id"], ["cat", path])
            found.append(client.exec_start(made["Id"]).decode())
        return found

    def _containers(self, service_id: str) -> t.Iterator[tuple[docker.APIClient, dict[str, t.Any]]]:
        """Give the containers that run, each with a connection to its node."""
        filters = {"label": f"com.docker.swarm.service.id={service_id}"}
        for node in self.bed.nodes:
            with contextlib.closing(node.client()) as client:
                for container in client.containers(filters=filters):
                    yield client, container

    # -- the core, as the module calls it -----------------------------------------------------

    def rotate(
        self,
        *requests: SecretRequest,
        check: bool = False,
        token: str | None = None,
        **options: t.Any,
    ) -> Report:
        """Run the core against this Swarm and this OpenBao.

        :param token: for OpenBao; None: the root token.
        """
        options.setdefault("wait_timeout", DEADLINE)
        swarm = SwarmClient(self.transport())
        with connect(self.vault_options(**({"vault_token": token} if token else {}))) as reader:
            return rotate(requests, Options(**options), swarm, reader, check_mode=check)

    def transport(self) -> Transport:
        """Return a new connection to the first manager; its calls are noted in ``calls``."""
        options = engine_options.resolve(self.bed.docker_options(), {})
        counting = Counting(open_transport(options))
        self.calls = counting.calls
        return self.wrap(counting) if self.wrap else counting

    def vault_options(self, **more: t.Any) -> t.Any:
        """Return connection options with the root token, or as given."""
        given_options = {
            "vault_url": self.vault.url,
            "vault_token": self.vault.root_token,
            "vault_ca_cert": str(self.vault.ca_cert),
            **more,
        }
        return resolve_vault(given_options, {}, Path.home())
