# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine of this machine whose containers are the nodes: the user's, else an own one."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import typing as t
from dataclasses import dataclass

import docker
import docker.errors
import requests

from testbed import own_engine, settings
from testbed.errors import BedError
from testbed.locks import exclusive, unused
from testbed.waiting import wait_for

#: What a client raises when there is nobody to talk to.
NOT_THERE = (docker.errors.DockerException, requests.RequestException, OSError)

#: Held (locks.in_use) while a bed is being made: nobody takes the engine away meanwhile.
IN_USE = "engine-in-use"

SYSTEM_SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class HostEngine:
    """An engine in which nodes are plain containers. Its own Swarm, if any, is never looked at."""

    url: str

    @property
    def own(self) -> bool:
        """Whether the testbed started it, and stops it."""
        return self.url == own_engine.url()

    def client(self, timeout: int = 120) -> docker.APIClient:
        """Connect; the certificates of a user's DOCKER_HOST come from the environment."""
        if self.own:
            return docker.APIClient(base_url=self.url, version="auto", timeout=timeout)
        environment = {**os.environ, "DOCKER_HOST": self.url}
        if self.url != os.environ.get("DOCKER_HOST"):
            environment.pop("DOCKER_TLS_VERIFY", None)
            environment.pop("DOCKER_CERT_PATH", None)
        return docker.from_env(version="auto", timeout=timeout, environment=environment).api

    @classmethod
    def find(cls) -> HostEngine | None:
        """The engine in which beds run, or could. An own one that runs already goes first."""
        if own_engine.running():
            return cls(own_engine.url())
        if os.environ.get("TESTBED_ENGINE") == "own":
            return None
        users = cls(_users_url())
        return users if users.answers() else None

    @classmethod
    def ensure(cls) -> HostEngine:
        """Find an engine, or install and start an own one."""
        with exclusive("engine"):
            found = cls.find() or _start()
            if found.own:
                wait_for("the testbed's own engine", found.answers, timeout=60)
            return found

    def answers(self) -> bool:
        """Whether it can be spoken to."""
        try:
            with contextlib.closing(self.client(timeout=10)) as client:
                return bool(client.ping())
        except NOT_THERE:
            return False

    def cgroup_version(self) -> int:
        """1 or 2, of the machine that engine runs on."""
        with contextlib.closing(self.client()) as client:
            return int(client.info().get("CgroupVersion", "1"))

    def privileges(self, image: str) -> dict[str, t.Any]:
        """The part of a HostConfig that lets an engine and systemd run inside a container.

        Plain privileged mode where it works; in a machine that lacks a capability itself (some
        micro VMs and nested containers) all that privileged mode means, less that capability.
        """
        if self._privileged_works(image):
            return {"Privileged": True}
        return {
            "CapAdd": ["ALL"],
            "CapDrop": ["SYS_RESOURCE"],
            "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
            "MaskedPaths": [],
            "ReadonlyPaths": [],
            "DeviceCgroupRules": ["a *:* rwm"],
        }

    def _privileged_works(self, image: str) -> bool:
        """Try once, and remember it for each engine."""
        with contextlib.closing(self.client()) as client:
            memory = settings.cache_dir() / f"privileged-{_digest(client.info()['ID'])}"
            if not memory.exists():
                answer = "yes" if _can_start_privileged(client, image) else "no"
                memory.write_text(answer, encoding="utf-8")
            return memory.read_text(encoding="utf-8") == "yes"

    def stop_if_unused(self) -> None:
        """Stop an own engine that runs no bed; a user's is none of our business."""
        if not self.own:
            return
        with unused(IN_USE) as nobody, exclusive("engine"):
            if nobody and self.answers() and not self.beds():
                own_engine.stop()

    def beds(self) -> set[str]:
        """Names of beds that left anything at all in this engine."""
        only_ours = {"label": settings.LABEL}
        with contextlib.closing(self.client()) as client:
            found: list[dict[str, t.Any]] = [
                *client.containers(all=True, filters=only_ours),
                *client.networks(filters=only_ours),
                *(client.volumes(filters=only_ours)["Volumes"] or ()),
            ]
        return {name for one in found if (name := one["Labels"][settings.LABEL])}


def crashed_engine() -> HostEngine | None:
    """Start an own engine that died: its containers are on disk, and only it can remove them."""
    with exclusive("engine"):
        if own_engine.running():
            return HostEngine(own_engine.url())
        if own_engine.has_containers():
            return _start()
        if own_engine.left_something():
            own_engine.stop()
    return None


def _users_url() -> str:
    """DOCKER_HOST, unless it names a node of a bed: that is no place for another bed."""
    configured = os.environ.get("DOCKER_HOST", "")
    records = [path.read_text(encoding="utf-8") for path in settings.beds_dir().glob("*/bed.json")]
    nodes = {
        f"tcp://{node['ip']}:2376" for record in records for node in json.loads(record)["nodes"]
    }
    return configured if configured and configured not in nodes else SYSTEM_SOCKET


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _can_start_privileged(client: docker.APIClient, image: str) -> bool:
    container = client.create_container_from_config(
        {
            "Image": image,
            "Cmd": ["/bin/true"],
            "Labels": {settings.LABEL: ""},
            "HostConfig": {"Privileged": True, "NetworkMode": "none"},
        }
    )
    try:
        client.start(container)
        return bool(client.wait(container)["StatusCode"] == 0)
    except docker.errors.APIError:
        return False
    finally:
        client.remove_container(container, force=True, v=True)


def _start() -> HostEngine:
    own_engine.start()
    engine = HostEngine(own_engine.url())

    def started() -> bool:
        if not own_engine.running():
            raise BedError(f"the own engine did not start:\n{own_engine.tail()}")
        return engine.answers()

    try:
        wait_for("the own engine's first answer", started, timeout=60)
    except BedError:
        own_engine.stop()
        raise
    return engine
