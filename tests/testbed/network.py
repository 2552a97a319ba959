# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of a bed: fixed addresses, and a way through a closed firewall."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import pathlib

import docker
import docker.errors
import docker.types

from testbed import settings
from testbed.engine import HostEngine
from testbed.errors import BedError
from testbed.system import run


@dataclasses.dataclass(frozen=True)
class Network:
    gateway: str
    addresses: tuple[str, ...]


def name_of(bed: str) -> str:
    return f"swarmvault-testbed-{bed}"


def create(engine: HostEngine, bed: str, count: int) -> Network:
    """A network with addresses known beforehand: certificates name them, and a restarted node keeps its own."""
    settled = {"driver": "bridge", "labels": {settings.LABEL: bed}, "options": {"com.docker.network.bridge.name": _bridge(bed)}}
    with contextlib.closing(engine.client()) as client:
        # The engine knows best which range is free; but only a range given by us allows fixed addresses.
        probe = client.create_network(name_of(bed), **settled)
        ipam = client.inspect_network(probe["Id"])["IPAM"]["Config"][0]
        client.remove_network(probe["Id"])
        gateway = ipam["Gateway"].partition("/")[0]
        pool = docker.types.IPAMPool(subnet=ipam["Subnet"], gateway=gateway)
        client.create_network(name_of(bed), ipam=docker.types.IPAMConfig(pool_configs=[pool]), **settled)
    if engine.own:
        _open_firewall(bed)
    base, _dot, last = gateway.rpartition(".")
    return Network(gateway, tuple(f"{base}.{int(last) + 10 + i}" for i in range(count)))


def remove(engine: HostEngine, bed: str) -> None:
    with contextlib.closing(engine.client()) as client:
        for network in client.networks(filters={"label": f"{settings.LABEL}={bed}"}):
            with contextlib.suppress(docker.errors.NotFound):
                client.remove_network(network["Id"])
    if engine.own:
        _close_firewall(bed)


def _bridge(bed: str) -> str:
    """The kernel takes 15 characters; a digest keeps long names apart."""
    return f"svt-{hashlib.sha256(bed.encode()).hexdigest()[:8]}"


def _open_firewall(bed: str) -> None:
    """The own engine sets no rules; where others made the kernel filter bridges, traffic between nodes needs one."""
    filtered = pathlib.Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if filtered.exists() and filtered.read_text(encoding="utf-8").strip() == "1":
        run(["iptables", "--wait", "--insert", "FORWARD", *_rule(bed)])


def _close_firewall(bed: str) -> None:
    with contextlib.suppress(BedError):
        run(["iptables", "--wait", "--check", "FORWARD", *_rule(bed)])
        run(["iptables", "--wait", "--delete", "FORWARD", *_rule(bed)])


def _rule(bed: str) -> list[str]:
    return ["--in-interface", _bridge(bed), "--out-interface", _bridge(bed), "--jump", "ACCEPT"]
