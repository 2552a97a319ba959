# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Swarm node: a container of the host's engine with an engine of its own."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import io
import pathlib
import socket
import subprocess
import tarfile
import typing as t

import docker
import docker.tls

from testbed.engine import NOT_THERE, HostEngine
from testbed.waiting import wait_for


INIT = "node-init"
"""What a node runs first, put into its root when it is made: a change here needs no new image."""


@dataclasses.dataclass(frozen=True)
class Node:
    name: str
    ip: str
    role: str
    """manager or worker: as it joined, not what a test made of it since."""
    systemd: bool
    network: str
    tls_dir: pathlib.Path
    engine: HostEngine

    @property
    def docker_host(self) -> str:
        return f"tcp://{self.ip}:2376"

    def client(self, timeout: float = 60) -> docker.APIClient:
        """The API of this node's engine over TLS."""
        tls = docker.tls.TLSConfig(client_cert=(str(self.tls_dir / "cert.pem"), str(self.tls_dir / "key.pem")),
                                   ca_cert=str(self.tls_dir / "ca.pem"), verify=True)
        return _DirectClient(base_url=self.docker_host, tls=tls, version="auto", timeout=timeout)

    def exec(self, command: c.Sequence[str], *, check: bool = True, environment: c.Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command on the node as root. With check (the default) a failure raises, its output in the message."""
        with self._outer() as outer:
            handle = outer.exec_create(self.name, list(command), environment=dict(environment or {}))["Id"]
            out, err = outer.exec_start(handle, demux=True)
            code = outer.exec_inspect(handle)["ExitCode"]
        done = subprocess.CompletedProcess(list(command), code, (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace"))
        if check:
            done.check_returncode()
        return done

    def put(self, path: str, content: bytes | str, mode: int = 0o644) -> None:
        """Write a file on the node; its directory must exist and must not be /run or /tmp (they are mounts)."""
        name = pathlib.PurePosixPath(path)
        with self._outer() as outer:
            outer.put_archive(self.name, str(name.parent), archive({name.name: (content.encode() if isinstance(content, str) else content, mode)}))

    def running(self) -> bool:
        with self._outer() as outer:
            state = outer.inspect_container(self.name)["State"]
        return bool(state["Running"]) and not state["Paused"]

    def answers(self) -> bool:
        """Whether the node's engine can be spoken to."""
        try:
            with socket.create_connection((self.ip, 2376), timeout=2):
                pass
            with contextlib.closing(self.client(timeout=5)) as client:
                return bool(client.ping())
        except NOT_THERE:
            return False

    def wait(self, timeout: float = 60) -> None:
        """Until the node's engine answers."""
        try:
            wait_for(f"the engine of {self.name} at {self.docker_host}", self.answers, timeout=timeout, interval=0.05)
        except Exception as exc:
            exc.add_note(self.log()) if hasattr(exc, "add_note") else None
            raise

    def log(self, lines: int = 20) -> str:
        """The end of the engine's log."""
        command = ["journalctl", "-u", "docker", "-n", str(lines), "--no-pager"] if self.systemd else ["tail", "-n", str(lines), "/var/log/dockerd.log"]
        try:
            return self.exec(command, check=False).stdout
        except NOT_THERE as exc:
            return str(exc)

    def stop(self) -> None:
        """Shut the node down in good order, as a planned reboot would."""
        with self._outer() as outer:
            outer.stop(self.name, timeout=30)

    def kill(self) -> None:
        """The node is gone at once, as if its power failed."""
        with self._outer() as outer:
            outer.kill(self.name)

    def start(self, wait: bool = True) -> None:
        with self._outer() as outer:
            outer.start(self.name)
        if wait:
            self.wait()

    def pause(self) -> None:
        """Freeze every process: the node neither answers nor refuses, as a hung machine."""
        with self._outer() as outer:
            outer.pause(self.name)

    def unpause(self) -> None:
        with self._outer() as outer:
            outer.unpause(self.name)

    def disconnect(self) -> None:
        """Pull the network cable."""
        with self._outer() as outer:
            outer.disconnect_container_from_network(self.name, self.network)

    def connect(self) -> None:
        with self._outer() as outer:
            outer.connect_container_to_network(self.name, self.network, ipv4_address=self.ip)

    def restart_engine(self) -> None:
        """Restart only dockerd; the node itself stays up."""
        if self.systemd:
            self.exec(["systemctl", "restart", "docker"])
        else:
            old = self.exec(["cat", "/run/docker.pid"]).stdout
            self.exec(["kill", old.strip()])
            wait_for(f"{self.name} to start its engine again", lambda: self.exec(["cat", "/run/docker.pid"], check=False).stdout not in ("", old), timeout=60)
        self.wait()

    def _outer(self) -> contextlib.AbstractContextManager[docker.APIClient]:
        return contextlib.closing(self.engine.client())


class _DirectClient(docker.APIClient):
    """Without this, REQUESTS_CA_BUNDLE or a proxy in the environment beats the CA given to docker-py."""

    def merge_environment_settings(self, url: t.Any, proxies: t.Any, stream: t.Any, verify: t.Any, cert: t.Any) -> dict[str, t.Any]:
        return {"proxies": proxies or {}, "stream": bool(stream), "verify": self.verify if verify is None else verify, "cert": cert or self.cert}


def archive(files: c.Mapping[str, tuple[bytes, int]]) -> bytes:
    """A tar of files with their modes, owned by root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def node_config(image: str, name: str, labels: c.Mapping[str, str], *, systemd: bool, network: str, ip: str, volume: str,
                hosts: c.Mapping[str, str], privileges: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What the host's engine is asked to run for a node."""
    return {
        "Image": image,
        "Hostname": name,
        "Cmd": [f"/{INIT}", "systemd" if systemd else "direct"],
        "Env": ["container=docker", "PATH=/opt/ansible/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        "StopSignal": "SIGRTMIN+3" if systemd else "SIGTERM",
        "Labels": dict(labels),
        "HostConfig": {
            **privileges,
            "CgroupnsMode": "private",
            "NetworkMode": network,
            # /run and /tmp must be empty at each boot; the engine's data survives a stop.
            "Tmpfs": {"/run": "exec,mode=755", "/tmp": "exec,mode=1777"},
            "Binds": [f"{volume}:/var/lib/docker"],
            "ExtraHosts": [f"{host}:{address}" for host, address in hosts.items()],
        },
        "NetworkingConfig": {"EndpointsConfig": {network: {"IPAMConfig": {"IPv4Address": ip}}}},
    }
