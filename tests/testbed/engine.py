# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine of this machine whose containers are the nodes: the user's if one runs, else an own one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shutil
import typing as t

import docker
import docker.errors
import requests

from testbed import settings
from testbed.errors import BedError
from testbed.process import Daemon
from testbed.system import exclusive, log, need
from testbed.waiting import wait_for

NOT_THERE = (docker.errors.DockerException, requests.RequestException, OSError)


@dataclasses.dataclass(frozen=True)
class HostEngine:
    """An engine in which nodes are plain containers. Its own Swarm, if it has one, is never looked at."""

    url: str | None
    """None: whatever the user's environment says (DOCKER_HOST, or the default socket)."""

    @property
    def own(self) -> bool:
        return self.url is not None

    def client(self, timeout: float = 120) -> docker.APIClient:
        if self.url:
            return docker.APIClient(base_url=self.url, version="auto", timeout=timeout)
        return docker.from_env(version="auto", timeout=timeout).api

    @classmethod
    def find(cls) -> HostEngine | None:
        """The engine beds run in at the moment, or could; an own one that runs already goes first."""
        own = cls(_url())
        if _daemon().pid():
            return own
        if os.environ.get("TESTBED_ENGINE") == "own":
            return None
        users = cls(None)
        return users if users.answers() else None

    @classmethod
    def ensure(cls) -> HostEngine:
        """Find an engine, or install and start an own one."""
        with exclusive("engine"):
            found = cls.find()
            if not found:
                _start()
                found = cls(_url())
            if found.own:
                wait_for("the testbed's own engine", found.answers, timeout=60)
            return found

    def answers(self) -> bool:
        try:
            with contextlib.closing(self.client(timeout=10)) as client:
                return bool(client.ping())
        except NOT_THERE:
            return False

    @property
    def cgroup_version(self) -> int:
        with contextlib.closing(self.client()) as client:
            return int(client.info().get("CgroupVersion", "1"))

    def privileges(self, image: str) -> dict[str, t.Any]:
        """The part of a HostConfig that lets an engine and systemd run inside a container.

        Plain privileged mode where it works; in a machine that lacks a capability itself (some
        micro VMs and nested containers) everything privileged mode means, less that capability.
        """
        remembered = settings.state_dir() / "privileged"
        if not remembered.exists():
            remembered.write_text(
                "yes" if self._can_start(image, {"Privileged": True}) else "no", encoding="utf-8"
            )
        if remembered.read_text(encoding="utf-8") == "yes":
            return {"Privileged": True}
        return {
            "CapAdd": ["ALL"],
            "CapDrop": ["SYS_RESOURCE"],
            "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
            "MaskedPaths": [],
            "ReadonlyPaths": [],
            "DeviceCgroupRules": ["a *:* rwm"],
        }

    def _can_start(self, image: str, host_config: dict[str, t.Any]) -> bool:
        with contextlib.closing(self.client()) as client:
            config = {
                "Image": image,
                "Cmd": ["/bin/true"],
                "Labels": {settings.LABEL: ""},
                "HostConfig": {**host_config, "NetworkMode": "none"},
            }
            container = client.create_container_from_config(config)
            try:
                client.start(container)
                return client.wait(container)["StatusCode"] == 0
            except docker.errors.APIError:
                return False
            finally:
                client.remove_container(container, force=True, v=True)

    def stop(self) -> None:
        """Stop an own engine; a user's is none of our business."""
        if not self.own:
            return
        with exclusive("engine"):
            _daemon().stop()
            # Namespaces of removed networks are left mounted by an engine that went down.
            for mount in _mounts_below(_directory()):
                with contextlib.suppress(OSError):
                    _umount(mount)
            shutil.rmtree(_directory(), ignore_errors=True)
            (settings.state_dir() / "privileged").unlink(missing_ok=True)


def _directory() -> pathlib.Path:
    return settings.state_dir() / "engine"


def _url() -> str:
    return f"unix://{_directory() / 'docker.sock'}"


def _daemon() -> Daemon:
    return Daemon(_directory(), "dockerd")


def data_root() -> pathlib.Path:
    return settings.cache_dir() / "engine"


def _start() -> None:
    need(
        {"dockerd": "docker.io", "iptables": "iptables"},
        "running an own engine (no running one answered)",
    )
    if os.geteuid() != 0:
        raise BedError(
            "no running Docker engine answered, and only root can start one: set DOCKER_HOST, start the system's engine, or run as root"
        )
    log("starting an own engine")
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # No default bridge and no firewall rules: what an engine leaves behind on the host when it stops.
    _daemon().start(
        [
            "dockerd",
            "--host",
            _url(),
            "--data-root",
            data_root(),
            "--exec-root",
            directory / "exec",
            "--pidfile",
            directory / "dockerd.pid",
            "--config-file",
            _empty_config(directory),
            "--bridge",
            "none",
            "--iptables=false",
            "--ip-forward=false",
            "--ip-masq=false",
            "--userland-proxy=false",
        ],
        {"PATH": f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"},
    )
    wait_for("the own engine's first answer", _started, timeout=60)


def _started() -> bool:
    if not _daemon().pid():
        raise BedError(f"the own engine did not start:\n{_daemon().tail()}")
    return HostEngine(_url()).answers()


def _empty_config(directory: pathlib.Path) -> pathlib.Path:
    """The user's /etc/docker/daemon.json is for the user's engine."""
    path = directory / "daemon.json"
    path.write_text("{}", encoding="utf-8")
    return path


def _mounts_below(directory: pathlib.Path) -> list[str]:
    lines = pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    return sorted(
        (line.split()[1] for line in lines if line.split()[1].startswith(f"{directory}/")),
        reverse=True,
    )


def _umount(mount: str) -> None:
    import subprocess

    subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
