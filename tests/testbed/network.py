# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of a bed: addresses known beforehand, and a way through a closed firewall."""

from __future__ import annotations

import contextlib
import hashlib
import typing as t
from dataclasses import dataclass
from pathlib import Path

import docker
import docker.errors
import docker.types

from testbed import settings
from testbed.addresses import free_subnet
from testbed.engine import HostEngine
from testbed.errors import BedError
from testbed.locks import exclusive
from testbed.system import run

FILTERS_BRIDGES = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


@dataclass(frozen=True)
class Network:
    """A network that was just made."""

    name: str
    #: The host's own address in it.
    gateway: str
    #: Free ones, for the nodes.
    addresses: tuple[str, ...]


def create(engine: HostEngine, bed: str, count: int) -> Network:
    """Make the network of a bed.

    Addresses are fixed, since certificates name them and a restarted node must keep its own.
    """
    name = name_of(bed)
    bridge = {"com.docker.network.bridge.name": _bridge(bed)}
    settled: dict[str, t.Any] = {"labels": {settings.LABEL: bed}, "options": bridge}
    with exclusive("network"), contextlib.closing(engine.client()) as client:
        if engine.own:
            free = free_subnet(24)
            subnet, gateway = str(free), str(free[1])
        else:
            # The engine knows best which range is free, but fixes addresses only in one we name.
            probe = client.create_network(name, driver="bridge", **settled)
            found = client.inspect_network(probe["Id"])["IPAM"]["Config"][0]
            client.remove_network(probe["Id"])
            subnet, gateway = found["Subnet"], found["Gateway"].partition("/")[0]
        pool = docker.types.IPAMPool(subnet=subnet, gateway=gateway)
        ipam = docker.types.IPAMConfig(pool_configs=[pool])
        client.create_network(name, driver="bridge", ipam=ipam, **settled)
    if engine.own:
        _open_firewall(bed)
    base, _dot, last = gateway.rpartition(".")
    return Network(name, gateway, tuple(f"{base}.{int(last) + 10 + i}" for i in range(count)))


def remove(engine: HostEngine, bed: str) -> None:
    """Remove the network and what was done to the firewall for it."""
    with contextlib.closing(engine.client()) as client:
        for network in client.networks(filters={"label": f"{settings.LABEL}={bed}"}):
            with contextlib.suppress(docker.errors.NotFound):
                client.remove_network(network["Id"])
    if engine.own:
        _close_firewall(bed)


def name_of(bed: str) -> str:
    """Give the network of a bed its name."""
    return f"swarmvault-testbed-{bed}"


def _bridge(bed: str) -> str:
    """Give its device a name of at most 15 characters, also beside another user's testbeds."""
    digest = hashlib.sha256(f"{settings.state_dir()} {bed}".encode()).hexdigest()
    return f"svt-{digest[:10]}"


def _open_firewall(bed: str) -> None:
    """Let nodes talk where others made the kernel filter bridges and drop what is forwarded.

    An engine that was stopped, for one, leaves exactly that behind; ours sets no rules itself.
    """
    if FILTERS_BRIDGES.exists() and FILTERS_BRIDGES.read_text(encoding="utf-8").strip() == "1":
        run(["iptables", "--wait", "--insert", "FORWARD", *_rule(bed)])


def _close_firewall(bed: str) -> None:
    with contextlib.suppress(BedError):
        run(["iptables", "--wait", "--check", "FORWARD", *_rule(bed)])
        run(["iptables", "--wait", "--delete", "FORWARD", *_rule(bed)])


def _rule(bed: str) -> list[str]:
    return ["--in-interface", _bridge(bed), "--out-interface", _bridge(bed), "--jump", "ACCEPT"]
