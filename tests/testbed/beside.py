# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m testbed.beside [SOCKET]: an own engine beside another one, in a machine set apart.

Needs namespaces of its own, as test_own_engine.py gives it: it starts an engine as a user's system
does, and what an engine does to the network, to /run and to /etc must not reach this machine.
Prints what was seen of the other engine, as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import typing as t
import urllib.request
from pathlib import Path

import docker

from testbed import network
from testbed.engine import HostEngine
from testbed.imagetar import APP, app_image
from testbed.process import Daemon
from testbed.removal import remove_all
from testbed.system import run
from testbed.waiting import wait_for

#: Where engines of the system keep things, whoever starts them.
PLACES = ("/run/docker", "/run/containerd", "/etc/docker", "/var/lib/docker", "/var/lib/containerd")
FORWARDING = (
    Path("/proc/sys/net/ipv4/ip_forward"),
    Path("/proc/sys/net/ipv6/conf/all/forwarding"),
)
HOME = Path("/run/users-engine")
BED = "beside"


def look() -> dict[str, list[str]]:
    """Everything of this machine that an engine shares with other engines."""
    return {
        "interfaces": _lines("ip", "-oneline", "link"),
        "addresses": _lines("ip", "-oneline", "-4", "address"),
        "routes": _lines("ip", "-4", "route", "show", "table", "all"),
        "rules": _lines("ip", "rule"),
        "firewall": _firewall("iptables-save"),
        "firewall of IPv6": _firewall("ip6tables-save"),
        "settings": [
            f"{path}: {path.read_text(encoding='utf-8').strip()}"
            for path in (*FORWARDING, network.FILTERS_BRIDGES)
            if path.exists()
        ],
        "processes": sorted(_processes()),
        "files": sorted(
            str(path) for place in PLACES for path in Path(place).rglob("*") if settled(path)
        ),
        "containerd": _lines("ctr", "namespaces", "list"),
    }


def settled(path: Path) -> bool:
    """Leave out what an engine removes when it comes to it, long after its container went."""
    return path.parent.name != "netns"


def _lines(*command: str) -> list[str]:
    return sorted(line.strip() for line in run(command).splitlines())


def _firewall(command: str) -> list[str]:
    """Give the rules without their counters."""
    return [
        line.partition(" [")[0] for line in run([command]).splitlines() if not line.startswith("#")
    ]


def _processes() -> t.Iterator[str]:
    """Name the other engine's processes, each with the moment it began."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_text(encoding="utf-8").replace("\0", " ")
            ours = os.environ["TESTBED_STATE"] in command or os.environ["TESTBED_CACHE"] in command
            engine = command.startswith(("dockerd", "containerd", "/usr/bin/containerd-shim"))
            if engine and not ours:
                born = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
                yield f"{process.name} {born} {command}"


class UsersEngine:
    """Debian's engine as its services start it: on the system's containerd, with its defaults."""

    def __init__(self, socket: str) -> None:
        HOME.mkdir()
        Path(socket).parent.mkdir(exist_ok=True)
        self._containerd = Daemon(HOME, "containerd")
        self._engine = Daemon(HOME, "dockerd")
        folders = [f"--root={HOME}/containerd"]
        self._containerd.start(["containerd", *folders])
        ready = Path("/run/containerd/containerd.sock").is_socket
        wait_for("the system's containerd", ready, timeout=60)
        containerd = "--containerd=/run/containerd/containerd.sock"
        self._engine.start(
            ["dockerd", f"--host=unix://{socket}", containerd, f"--data-root={HOME}/docker"]
        )
        self._at = HostEngine(f"unix://{socket}")
        wait_for(f"the user's engine ({self._engine.log})", self._at.answers, timeout=60)
        with self._client() as client:
            list(client.load_image(app_image().read_bytes()))
            # One that runs all the time: an engine's default bridge is up while something is on it.
            client.start(client.create_container(APP, name="steady"))

    def serve(self) -> str:
        """Start a container on the default bridge, see that it serves, remove it."""
        with self._client() as client:
            container = client.create_container(APP)
            client.start(container)
            networks = client.inspect_container(container)["NetworkSettings"]["Networks"]
            try:
                return page(networks["bridge"]["IPAddress"])
            finally:
                client.remove_container(container, force=True)

    def _client(self) -> contextlib.closing[docker.APIClient]:
        return contextlib.closing(self._at.client())


def page(address: str) -> str:
    """Give the page of the test image, once it is served."""

    def read() -> str:
        with urllib.request.urlopen(f"http://{address}:8080/", timeout=2) as answer:
            return str(answer.read().decode())

    return wait_for(f"the page of {address}", read, timeout=30, ignore=(OSError,))


def use_own_engine() -> str:
    """Let the testbed do with an own engine what a bed does, and see a container serve in it."""
    engine = HostEngine.ensure()
    assert engine.own
    net = network.create(engine, BED, 2)
    with contextlib.closing(engine.client()) as client:
        list(client.load_image(app_image().read_bytes()))
        settled = client.create_networking_config(
            {net.name: client.create_endpoint_config(ipv4_address=net.addresses[0])}
        )
        container = client.create_container(
            APP,
            labels={network.settings.LABEL: BED},
            networking_config=settled,
            host_config=client.create_host_config(network_mode=net.name),
        )
        client.start(container)
    return page(net.addresses[0])


def main(socket: str = "/run/docker.sock") -> None:
    """Look before, meanwhile and after."""
    run(["ip", "link", "set", "lo", "up"])
    users = UsersEngine(socket)
    seen: dict[str, t.Any] = {"served": [users.serve()]}
    seen["before"] = look()
    seen["served"].append(use_own_engine())
    seen["meanwhile"] = look()
    seen["served"].append(users.serve())
    if os.environ.get("CRASH"):
        crash()
    seen["removed"] = remove_all([BED])
    seen["after"] = look()
    seen["served"].append(users.serve())
    seen["left"] = sorted(
        str(path) for path in Path(os.environ["TESTBED_STATE"]).rglob("*") if path.exists()
    )
    print(json.dumps(seen))


def crash() -> None:
    """Kill the own engine itself; its containerd and its containers live on."""
    record = Path(os.environ["TESTBED_STATE"]) / "engine" / "dockerd.process"
    pid = json.loads(record.read_text(encoding="utf-8"))["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_for("the own engine to be gone", lambda: HostEngine.find() is None, timeout=30)


if __name__ == "__main__":
    main(*sys.argv[1:])
