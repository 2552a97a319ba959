# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of the demo: each replica shows which password it was started with."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import threading
import typing as t
import urllib.request
from dataclasses import dataclass, field

from demo.progress import waiting
from testbed.services import wait_for_service

if t.TYPE_CHECKING:
    import docker

    from testbed import Bed

IMAGE = "swarmvault-test/app:1"
#: What the file of the secret is called in a container.
TARGET = "db_password"
SECOND = 1_000_000_000


def digest(value: str) -> str:
    """Return what a page shows of a password."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


@dataclass
class Shop:
    """A service and its pages, seen from outside."""

    bed: Bed
    service: str = "shop"
    port: int = 8080
    replicas: int = 3
    #: What the demo wrote, by what a page shows of it.
    known: dict[str, str] = field(default_factory=dict)

    def deploy(self, client: docker.APIClient, secret_id: str, secret_name: str) -> None:
        """Deploy it the usual way, with a secret that is there."""
        reference = {
            "File": {"Name": TARGET, "UID": "0", "GID": "0", "Mode": 0o400},
            "SecretID": secret_id,
            "SecretName": secret_name,
        }
        spec = {
            "Name": self.service,
            "Mode": {"Replicated": {"Replicas": self.replicas}},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": IMAGE,
                    "Command": ["/app.sh"],
                    "Env": [f"PORT={self.port}"],
                    "Secrets": [reference],
                },
                "RestartPolicy": {"Condition": "any", "Delay": SECOND // 2},
                "Placement": {"MaxReplicas": 1},
            },
            "UpdateConfig": {"Parallelism": 1, "Monitor": SECOND, "FailureAction": "pause"},
            "RollbackConfig": {"Parallelism": 1, "Monitor": SECOND},
            "EndpointSpec": {
                "Mode": "dnsrr",
                "Ports": [
                    {
                        "TargetPort": self.port,
                        "PublishedPort": self.port,
                        "PublishMode": "host",
                    }
                ],
            },
        }
        url = f"{client.base_url}/v{client.api_version}/services/create"
        client.post(url, json=spec).raise_for_status()

    def page(self, ip: str) -> str | None:
        """Return what the replica on a node shows; None where none answers."""
        try:
            with urllib.request.urlopen(f"http://{ip}:{self.port}/", timeout=2) as answer:
                return str(answer.read().decode().split()[-1])
        except OSError:
            return None

    def pages(self) -> dict[str, str]:
        """Return what each replica shows, by node."""
        shown = {node.name: self.page(node.ip) for node in self.bed.nodes}
        return {name: page for name, page in shown.items() if page is not None}

    def learn(self, value: str, name: str) -> None:
        """Remember what to call a password when a page shows it."""
        self.known[digest(value)] = name

    def all_show(self, value: str) -> bool:
        """Tell whether every replica runs this password."""
        return list(self.pages().values()) == [digest(value)] * self.replicas

    def wait(self, value: str) -> None:
        """Wait until every replica runs this password."""
        what = f"the {self.service} to show the password"
        with waiting(f"waiting for {what}"), contextlib.closing(self.bed.client()) as client:
            wait_for_service(
                what,
                lambda: self.all_show(value),
                client=client,
                service=self.service,
                timeout=60,
                interval=0.2,
            )

    def table(self) -> list[str]:
        """Tell which password each replica runs, without telling the password."""
        return [
            f"http://{node.ip}:{self.port}/  on {node.name}: {page} = {self.known.get(page, '?')}"
            for node in self.bed.nodes
            if (page := self.page(node.ip)) is not None
        ]


class Customers:
    """Someone who keeps asking, as behind a load balancer: the next replica if one is silent."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.answered = 0
        self.unanswered = 0

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        nodes = self._shop.bed.nodes
        for first in itertools.cycle(range(len(nodes))):
            if self._stop.wait(0.05):
                return
            order = (*nodes[first:], *nodes[:first])
            if any(self._shop.page(node.ip) for node in order):
                self.answered += 1
            else:
                self.unanswered += 1
