# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Swarm node: a container of the host's engine with an engine of its own."""

from __future__ import annotations

import collections.abc as c
import contextlib
import socket
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import docker
import docker.tls

from testbed.engine import NOT_THERE, HostEngine
from testbed.errors import BedError
from testbed.imagetar import Entry, archive
from testbed.waiting import wait_for

PORT = 2376
#: While this is there, the init of a node without systemd leaves dockerd down.
HOLD = "/run/docker.hold"


@dataclass(frozen=True)
class Node:
    """A machine of a bed."""

    name: str
    ip: str
    #: manager or worker, as it joined; a test may have changed that since.
    role: str
    #: Whether it booted with systemd; otherwise its own small init looks after dockerd and sshd.
    systemd: bool
    network: str
    tls_dir: Path
    engine: HostEngine

    @property
    def docker_host(self) -> str:
        """The address of its engine."""
        return f"tcp://{self.ip}:{PORT}"

    def client(self, timeout: int = 60) -> docker.APIClient:
        """Connect to its engine over TLS."""
        tls = docker.tls.TLSConfig(
            client_cert=(str(self.tls_dir / "cert.pem"), str(self.tls_dir / "key.pem")),
            ca_cert=str(self.tls_dir / "ca.pem"),
            verify=True,
        )
        return DirectClient(base_url=self.docker_host, tls=tls, version="auto", timeout=timeout)

    def exec(
        self,
        command: c.Sequence[str],
        *,
        check: bool = True,
        environment: c.Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the node as root; unless told otherwise, raise if it fails."""
        with self._outer() as outer:
            made = outer.exec_create(self.name, list(command), environment=dict(environment or {}))
            out, err = outer.exec_start(made["Id"], demux=True)
            code = outer.exec_inspect(made["Id"])["ExitCode"]
        texts = [(part or b"").decode(errors="replace") for part in (out, err)]
        if check and code:
            said = "\n".join(texts).strip()[-2000:]
            raise BedError(f"{' '.join(command)} on {self.name} failed with {code}: {said}")
        return subprocess.CompletedProcess(list(command), code, *texts)

    def put(self, path: str, content: bytes | str, mode: int = 0o644) -> None:
        """Write a file into a directory that is there; /run and /tmp are out of reach (mounts)."""
        target = PurePosixPath(path)
        data = content.encode() if isinstance(content, str) else content
        with self._outer() as outer:
            outer.put_archive(
                self.name, str(target.parent), archive({target.name: Entry(data, mode)})
            )

    # -- how it does -------------------------------------------------------------------------

    def running(self) -> bool:
        """Whether the machine is on, neither frozen nor cut off."""
        with self._outer() as outer:
            found = outer.inspect_container(self.name)
        state = found["State"]
        return bool(
            state["Running"]
            and not state["Paused"]
            and self.network in found["NetworkSettings"]["Networks"]
        )

    def answers(self) -> bool:
        """Whether its engine can be spoken to."""
        try:
            with socket.create_connection((self.ip, PORT), timeout=2):
                pass
            with contextlib.closing(self.client(timeout=5)) as client:
                return bool(client.ping())
        except NOT_THERE:
            return False

    def wait(self, timeout: float = 60) -> None:
        """Wait until its engine answers."""
        what = f"the engine of {self.name} at {self.docker_host}"
        try:
            wait_for(what, self.answers, timeout=timeout, interval=0.05)
        except BedError as error:
            raise BedError(f"{error}\nits log ends with:\n{self.log()}") from error

    def log(self, lines: int = 15) -> str:
        """Give the end of its engine's log."""
        journal = ["journalctl", "--unit=docker", f"--lines={lines}", "--no-pager"]
        command = journal if self.systemd else ["tail", f"--lines={lines}", "/var/log/dockerd.log"]
        try:
            return self.exec(command, check=False).stdout
        except NOT_THERE as error:
            return str(error)

    # -- what can happen to it ---------------------------------------------------------------

    def stop(self) -> None:
        """Shut the node down in good order, as for a planned reboot."""
        with self._outer() as outer:
            outer.stop(self.name, timeout=30)

    def kill(self) -> None:
        """Take the node away at once, as if its power failed."""
        with self._outer() as outer:
            outer.kill(self.name)

    def start(self, *, wait: bool = True) -> None:
        """Switch a stopped node on again."""
        with self._outer() as outer:
            outer.start(self.name)
        if wait:
            self.wait()

    def pause(self) -> None:
        """Freeze every process: like a hung machine, it neither answers nor refuses."""
        with self._outer() as outer:
            outer.pause(self.name)

    def unpause(self) -> None:
        """End a pause."""
        with self._outer() as outer:
            outer.unpause(self.name)

    def disconnect(self) -> None:
        """Pull the network cable."""
        with self._outer() as outer:
            outer.disconnect_container_from_network(self.name, self.network)

    def connect(self) -> None:
        """Plug it in again."""
        with self._outer() as outer:
            outer.connect_container_to_network(self.name, self.network, ipv4_address=self.ip)

    def restart_engine(self) -> None:
        """Restart dockerd only; the machine stays up."""
        if self.systemd:
            self.exec(["systemctl", "restart", "docker"])
        else:
            pid = ["cat", "/run/docker.pid"]
            old = self.exec(pid).stdout

            def restarted() -> bool:
                return self.exec(pid, check=False).stdout not in ("", old)

            self.exec(["kill", old.strip()])
            wait_for(f"{self.name} to start its engine again", restarted, timeout=60)
        self.wait()

    def stop_engine(self) -> None:
        """Stop dockerd and leave it down; the machine stays up, and answers to ssh."""
        if self.systemd:
            self.exec(["systemctl", "stop", "docker.socket", "docker.service"])
        else:
            pid = self.exec(["cat", "/run/docker.pid"]).stdout.strip()
            self.exec(["touch", HOLD])
            self.exec(["kill", pid])
        what = f"the engine of {self.name} to be down"
        wait_for(what, lambda: not self.answers(), timeout=60)

    def start_engine(self) -> None:
        """Undo stop_engine()."""
        if self.systemd:
            self.exec(["systemctl", "start", "docker.service"])
        else:
            self.exec(["rm", "-f", HOLD])
        self.wait()

    def revive(self) -> None:
        """Undo stop, kill, pause and disconnect."""
        with self._outer() as outer:
            found = outer.inspect_container(self.name)
        if self.network not in found["NetworkSettings"]["Networks"]:
            self.connect()
        if found["State"]["Paused"]:
            self.unpause()
        if not found["State"]["Running"]:
            self.start(wait=False)
        self.wait()

    def _outer(self) -> contextlib.AbstractContextManager[docker.APIClient]:
        return contextlib.closing(self.engine.client())


class DirectClient(docker.APIClient):
    """Goes by what it is given only.

    To requests, REQUESTS_CA_BUNDLE and proxies of the environment count more than the CA that
    docker-py sets on the session: with them set, a plain client refuses the node's certificate.
    """

    def merge_environment_settings(
        self, url: t.Any, proxies: t.Any, stream: t.Any, verify: t.Any, cert: t.Any
    ) -> t.Any:
        """Leave the environment out."""
        del url
        return {
            "proxies": proxies or {},
            "stream": bool(stream),
            "verify": self.verify if verify is None else verify,
            "cert": cert or self.cert,
        }
