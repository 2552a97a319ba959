# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making one Swarm of several engines, and emptying it again."""

from __future__ import annotations

import collections.abc as c
import contextlib
import typing as t

import docker
import docker.errors

from testbed.engine import NOT_THERE
from testbed.errors import BedError
from testbed.node import Node
from testbed.parallel import each
from testbed.waiting import wait_for

#: Overlay networks take theirs from a range for benchmarks, which no host's network uses.
POOL = "198.19.0.0/16"
LISTEN = "0.0.0.0:2377"
TIMED_OUT = 503

SERVICE = "com.docker.swarm.service.id"


def init(node: Node) -> dict[str, str]:
    """Make this node the first manager; give the token to join with for each role."""
    with contextlib.closing(node.client()) as client:
        client.init_swarm(
            advertise_addr=node.ip, listen_addr=LISTEN, default_addr_pool=[POOL], subnet_size=24
        )
        tokens = client.inspect_swarm()["JoinTokens"]
    return {"manager": tokens["Manager"], "worker": tokens["Worker"]}


def join(node: Node, first: Node, token: str) -> None:
    """Let a node join the first one's Swarm."""
    with contextlib.closing(node.client()) as client:
        try:
            client.join_swarm(
                [f"{first.ip}:2377"], token, listen_addr=LISTEN, advertise_addr=node.ip
            )
        except docker.errors.APIError as error:
            # The engine stops waiting after 20 s but goes on joining; ready() has the last word.
            if error.status_code != TIMED_OUT:
                raise


def ready(client: docker.APIClient, nodes: c.Sequence[Node]) -> bool:
    """Whether every node is up, and every manager takes part, as the Swarm sees it."""
    seen = {node["Description"].get("Hostname", ""): node for node in client.nodes()}
    return len(seen) == len(nodes) and all(_is_ready(seen.get(node.name), node) for node in nodes)


def takes_part(node: Node) -> bool:
    """Whether a node is up and takes part, as it sees that itself: it knows sooner."""
    try:
        with contextlib.closing(node.client(5)) as client:
            state = client.info()["Swarm"]
    except NOT_THERE:
        return False
    fit = state["LocalNodeState"] == "active" and not state.get("Error")
    return bool(fit and state["ControlAvailable"] == (node.role == "manager"))


def reset(nodes: c.Sequence[Node]) -> None:
    """Empty the Swarm: services first, since they hold the rest."""
    with contextlib.closing(_connect(nodes)) as client:
        services = client.services()
        networks = [net for net in client.networks() if _is_a_users(net)]
        each(_remover(client.remove_service), [service["ID"] for service in services])
        each(_remover(client.remove_secret), [secret["ID"] for secret in client.secrets()])
        each(_remover(client.remove_config), [config["ID"] for config in client.configs()])
        holding = {service["ID"] for service in services if _holds_on(service)}
        if holding:
            each(lambda node: _wait_for_containers(node, holding), nodes)
        for network in networks:
            _remove_network(client, network)
        _restore_specs(client, nodes)
        wait_for(
            "every node to be ready",
            lambda: ready(client, nodes),
            timeout=60,
            ignore=(docker.errors.APIError,),
        )


def _connect(nodes: c.Sequence[Node]) -> docker.APIClient:
    """Connect to any node that works as a manager."""
    for node in nodes:
        with contextlib.suppress(*NOT_THERE):
            client = node.client(timeout=30)
            client.nodes()
            return client
    raise BedError("no manager answers for the Swarm: bring this bed down and up again")


def _is_ready(seen: dict[str, t.Any] | None, node: Node) -> bool:
    if not seen or seen["Status"]["State"] != "ready":
        return False
    reachable = seen.get("ManagerStatus", {}).get("Reachability") == "reachable"
    return bool(reachable == (node.role == "manager"))


def _is_a_users(network: dict[str, t.Any]) -> bool:
    return network["Driver"] == "overlay" and not network.get("Ingress")


def _remover(remove: c.Callable[[str], t.Any]) -> c.Callable[[str], None]:
    def try_to(identity: str) -> None:
        with contextlib.suppress(docker.errors.NotFound):
            remove(identity)

    return try_to


def _holds_on(service: dict[str, t.Any]) -> bool:
    """Whether its tasks keep something that the next test may want until they have ended."""
    ports = service["Spec"].get("EndpointSpec", {}).get("Ports") or ()
    mounts = service["Spec"]["TaskTemplate"].get("ContainerSpec", {}).get("Mounts")
    return bool(mounts) or any(port.get("PublishMode") == "host" for port in ports)


def _wait_for_containers(node: Node, services: set[str]) -> None:
    with contextlib.closing(node.client()) as client:

        def ended() -> bool:
            running = client.containers(filters={"label": SERVICE})
            return not any(container["Labels"][SERVICE] in services for container in running)

        wait_for(f"the tasks on {node.name} to end", ended, timeout=60, interval=0.05)


def _remove_network(client: docker.APIClient, network: dict[str, t.Any]) -> None:
    """Tasks that are about to end still use it, so it takes a few attempts."""

    def removed() -> bool:
        with contextlib.suppress(docker.errors.NotFound):
            client.remove_network(network["Id"])
        return True

    what = f"the network {network['Name']} to be free"
    wait_for(what, removed, timeout=60, ignore=(docker.errors.APIError,))


def _restore_specs(client: docker.APIClient, nodes: c.Sequence[Node]) -> None:
    """Undo drained, labelled and demoted."""
    workers = sum(node.role == "worker" for node in nodes)
    specs = [_spec(seen) for seen in client.nodes()]
    if all(_is_plain(spec) for spec in specs) and _count_workers(specs) == workers:
        return
    # Each node knows its own id. The host names in the Swarm's list are no way to tell nodes apart:
    # just after the leader has changed, one node may be listed under the name of another.
    roles = dict(each(_identity_and_role, nodes))
    for seen in client.nodes():
        spec = _spec(seen)
        wanted: t.Any = {**spec, "Role": roles[seen["ID"]], "Availability": "active", "Labels": {}}
        if spec != wanted:
            client.update_node(seen["ID"], seen["Version"]["Index"], wanted)


def _spec(seen: dict[str, t.Any]) -> dict[str, t.Any]:
    return {**seen["Spec"], "Labels": seen["Spec"].get("Labels") or {}}


def _is_plain(spec: dict[str, t.Any]) -> bool:
    return spec["Availability"] == "active" and not spec["Labels"]


def _count_workers(specs: c.Iterable[dict[str, t.Any]]) -> int:
    return sum(spec["Role"] == "worker" for spec in specs)


def _identity_and_role(node: Node) -> tuple[str, str]:
    with contextlib.closing(node.client()) as client:
        return client.info()["Swarm"]["NodeID"], node.role
