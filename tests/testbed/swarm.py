# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making one Swarm of several engines, and emptying it again."""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import contextlib
import typing as t

import docker
import docker.errors

from testbed.engine import NOT_THERE
from testbed.errors import BedError
from testbed.node import Node
from testbed.waiting import wait_for

POOL = "198.19.0.0/16"
"""Addresses for overlay networks: a range for benchmarks, which no host network uses."""


def init(node: Node) -> dict[str, str]:
    """Make this node the first manager; gives the tokens to join with."""
    with contextlib.closing(node.client()) as client:
        client.init_swarm(advertise_addr=node.ip, listen_addr="0.0.0.0:2377", default_addr_pool=[POOL], subnet_size=24)
        tokens = client.inspect_swarm()["JoinTokens"]
    return {"manager": tokens["Manager"], "worker": tokens["Worker"]}


def join(node: Node, first: Node, token: str) -> None:
    with contextlib.closing(node.client()) as client:
        try:
            client.join_swarm(remote_addrs=[f"{first.ip}:2377"], join_token=token, listen_addr="0.0.0.0:2377", advertise_addr=node.ip)
        except docker.errors.APIError as exc:
            # The engine stops waiting after 20 s but goes on joining; whoever waits for the Swarm has the longer deadline.
            if exc.status_code != 503:
                raise


def ready(client: docker.APIClient, count: int) -> bool:
    """Every node is up, and every manager takes part in the quorum."""
    nodes = client.nodes()
    return len(nodes) == count and all(
        node["Status"]["State"] == "ready" and node.get("ManagerStatus", {}).get("Reachability", "reachable") == "reachable" for node in nodes)


def reset(managers: c.Sequence[Node], nodes: c.Sequence[Node]) -> None:
    """Empty the Swarm: services first (they hold the rest), then secrets, configs and networks."""
    client = _any_manager(managers)
    with contextlib.closing(client):
        services = client.services()
        networks = [network for network in client.networks(filters={"driver": "overlay"}) if not network.get("Ingress")]
        lasting = [service for service in services if _lasts(service)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda service: _gone(client.remove_service, service["ID"]), services))
            list(pool.map(lambda secret: _gone(client.remove_secret, secret["ID"]), client.secrets()))
            list(pool.map(lambda config: _gone(client.remove_config, config["ID"]), client.configs()))
        if lasting:
            # A port on the host, or a volume, is held until the container itself has ended.
            _wait_for_containers({service["ID"] for service in lasting}, nodes)
        for network in networks:
            wait_for(f"the network {network['Name']} to be free", lambda name=network["Id"]: _removed(client, name), timeout=30, interval=0.05)
        for node in client.nodes():
            spec = node["Spec"]
            if spec.get("Availability") != "active" or spec.get("Labels"):
                client.update_node(node["ID"], node["Version"]["Index"], {**spec, "Availability": "active", "Labels": {}})


def _any_manager(managers: c.Sequence[Node]) -> docker.APIClient:
    for node in managers:
        try:
            client = node.client(timeout=20)
            client.nodes()
            return client
        except NOT_THERE:
            continue
    raise BedError("no manager answers for the Swarm: a test may have taken away the quorum; bring the bed down and up again")


def _gone(remove: c.Callable[[str], t.Any], identity: str) -> None:
    with contextlib.suppress(docker.errors.NotFound):
        remove(identity)


def _lasts(service: dict[str, t.Any]) -> bool:
    """Whether what a task holds could get in the way of the next test."""
    ports = service["Spec"].get("EndpointSpec", {}).get("Ports", ())
    mounts = service["Spec"]["TaskTemplate"].get("ContainerSpec", {}).get("Mounts", ())
    return any(port.get("PublishMode") == "host" for port in ports) or bool(mounts)


def _wait_for_containers(services: set[str], nodes: c.Sequence[Node]) -> None:
    def gone(node: Node) -> None:
        with contextlib.closing(node.client()) as client:
            wait_for(f"the tasks on {node.name} to end", lambda: not _tasks(client, services), timeout=60, interval=0.05)

    with concurrent.futures.ThreadPoolExecutor(len(nodes)) as pool:
        list(pool.map(gone, [node for node in nodes if node.running()]))


def _tasks(client: docker.APIClient, services: set[str]) -> list[dict[str, t.Any]]:
    running = client.containers(filters={"label": "com.docker.swarm.service.id"})
    return [one for one in running if one["Labels"]["com.docker.swarm.service.id"] in services]


def _removed(client: docker.APIClient, network: str) -> bool:
    try:
        client.remove_network(network)
    except docker.errors.NotFound:
        return True
    except docker.errors.APIError:
        return False
    return True
