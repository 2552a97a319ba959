# SPDX-License-Identifier: GPL-3.0-or-later
"""One real Swarm as the adapter's tests use it: its own names, and nothing left behind."""

from __future__ import annotations

import base64
import contextlib
import itertools
import typing as t
import uuid
from dataclasses import dataclass, field

from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    DockerError,
    OutOfSequenceError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import (
    open_transport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import resolve

from testbed.services import PATIENCE, wait_for_service
from testbed.waiting import wait_for

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Service
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
        Transport,
    )

    from testbed import Bed

T = t.TypeVar("T")

Spec = dict[str, t.Any]

IMAGE = "swarmvault-test/app:1"
SECOND = 1_000_000_000
DEADLINE = 60.0

GOOD, BAD = b"good", b"bad"
"""Values that the test application accepts, and on which it ends at once."""


class Counting:
    """A transport that notes each call before it passes it on."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.calls: list[str] = []
        self.parameters: list[t.Mapping[str, t.Any] | None] = []

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        self.calls.append(f"{method} {path}")
        self.parameters.append(params)
        return self.inner.call(method, path, params, body)


@dataclass
class Engine:
    """A connection to the first manager of a bed, and what a test made there."""

    bed: Bed
    prefix: str = field(default_factory=lambda: f"sw{uuid.uuid4().hex[:8]}")
    made: list[str] = field(default_factory=list)
    numbers: t.Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.transport = Counting(open_transport(resolve(self.bed.docker_options(), {})))
        self.swarm = SwarmClient(self.transport)

    def name(self, what: str = "x") -> str:
        """Return a name nobody else uses."""
        return f"{self.prefix}_{what}{next(self.numbers)}"

    # -- making things ------------------------------------------------------------------------

    def secret(self, value: bytes = GOOD, labels: dict[str, str] | None = None) -> tuple[str, str]:
        """Create a secret; return its ID and name."""
        name = self.name("secret")
        secret_id = self.swarm.create_secret(name, labels or {}, SecretValue(value))
        self.made.append(f"/secrets/{secret_id}")
        return secret_id, name

    def config(self) -> tuple[str, str]:
        """Create a config; return its ID and name."""
        name = self.name("config")
        body = {"Name": name, "Data": base64.b64encode(b"x").decode()}
        return self._create("/configs", body), name

    def network(self) -> str:
        """Create an overlay network; return its ID."""
        return self._create("/networks", {"Name": self.name("net"), "Driver": "overlay"})

    def service(self, spec: Spec) -> str:
        """Create a service; return its ID."""
        return self._create("/services", spec)

    def _create(self, path: str, body: Spec) -> str:
        answer = self.transport.call("POST", f"{path}/create", None, body)
        made_id = str(answer.get("ID") or answer["Id"])
        self.made.append(f"{path}/{made_id}")
        return made_id

    def clean(self) -> None:
        """Remove what the test made, services first, since they hold the rest."""
        for path in sorted(self.made, key=lambda path: not path.startswith("/services")):
            wait_for(f"{path} to go", lambda path=path: self._gone(path), timeout=DEADLINE)

    def _gone(self, path: str) -> bool:
        try:
            self.transport.call("DELETE", path)
        except DockerError as error:
            return error.status == 404
        return True

    def wait_for_service(
        self,
        what: str,
        service_id: str,
        probe: t.Callable[[], T | None],
        patience: float = PATIENCE,
    ) -> T:
        """Wait for something of a service; tell what its tasks say if it does not come about.

        :param patience: seconds for which its tasks may keep failing before it is given up.
        """
        with contextlib.closing(self.bed.client()) as client:
            return wait_for_service(
                what, probe, client=client, service=service_id, timeout=DEADLINE, patience=patience
            )

    # -- looking ------------------------------------------------------------------------------

    def raw(self, service_id: str) -> Spec:
        """Return the engine's whole document of a service."""
        return t.cast("Spec", self.transport.call("GET", f"/services/{service_id}"))

    def update(self, service_id: str, edit: t.Callable[[Service], t.Mapping[str, t.Any]]) -> None:
        """Update a service; again while the engine itself moves its index."""
        self._in_sequence(
            service_id, lambda service: self.swarm.update_service(service, edit(service))
        )

    def go_back(self, service_id: str) -> None:
        """Roll a service back on request; again while the engine itself moves its index."""
        self._in_sequence(service_id, self.swarm.rollback_service)

    def _in_sequence(self, service_id: str, change: t.Callable[[Service], object]) -> None:
        def changed() -> bool:
            service = self.swarm.service(service_id)
            try:
                change(service)
            except OutOfSequenceError:
                return False
            return True

        wait_for("an update", changed, timeout=DEADLINE)


def reference(secret: tuple[str, str], target: str = "db", **file: t.Any) -> Spec:
    """Return one entry of ContainerSpec.Secrets."""
    owner = {"UID": "0", "GID": "0", "Mode": 0o444, **file}
    return {
        "File": {"Name": target, **owner},
        "SecretID": secret[0],
        "SecretName": secret[1],
    }


def small_spec(name: str, references: list[Spec], replicas: int = 1, **config: t.Any) -> Spec:
    """Return a service of the test application that is quick to start, stop and judge."""
    return {
        "Name": name,
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": IMAGE,
                "Secrets": references,
                "StopGracePeriod": SECOND,
                "Init": True,
            },
            "RestartPolicy": {"Condition": "any", "Delay": SECOND // 10},
        },
        "Mode": {"Replicated": {"Replicas": replicas}},
        "UpdateConfig": {
            "Parallelism": 1,
            "Monitor": SECOND // 2,
            "FailureAction": "pause",
            "Order": "stop-first",
            **config,
        },
        "RollbackConfig": {"Monitor": SECOND // 2, "FailureAction": "pause"},
        "EndpointSpec": {"Mode": "dnsrr"},
    }
