# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin, installed as a user does it with the Docker socket mounted, rotates by itself."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t
import uuid

import docker.errors
import pytest
import requests

from testbed.waiting import wait_for
from tests.e2e.conftest import NEWEST
from tests.e2e.support.looks import status
from tests.e2e.support.plugin import ALIAS, Plugin
from tests.e2e.support.world import DEADLINE, SECOND, World, digest, state_of_update

if t.TYPE_CHECKING:
    from testbed import Node

# What differs between engines, others show: how the plugin is installed, and how services are updated.
pytestmark = pytest.mark.parametrize("plugin", [NEWEST], indirect=True)

STACK = "com.docker.stack.namespace"
ON_WORKER = {"Placement": {"Constraints": ["node.role==worker"]}}
CANARY = "canary-value-7f3a"
NOT_NOW = (docker.errors.APIError, requests.RequestException, OSError, KeyError)


@pytest.fixture(scope="module")
def rotating(plugin: Plugin) -> Plugin:
    plugin.remove()  # what the tests of other modules have installed
    plugin.build("rotating")
    plugin.push("rotating")
    vault = plugin.bed.vault
    plugin.put_credentials(token=vault.root_token, ca__pem=vault.ca_cert.read_bytes())
    settings = {"docker.source": "/var/run/docker.sock", "VAULT_ROTATION_INTERVAL": "1s"}
    bounds = {"VAULT_ALLOWED_PATHS": "secret/{stack}/*"}
    plugin.install("rotating", VAULT_ADDR=vault.url, **settings, **bounds)
    return plugin


def new_name() -> str:
    """Return a name of a service that no other test has left lines about in a log."""
    return f"shop_{uuid.uuid4().hex[:8]}"


def deployed(world: World, **service: t.Any) -> str:
    """Make a secret that the plugin serves and one that Swarm stores, and a service with both."""
    name = new_name()
    world.put("shop/db", password=f"{CANARY}-1")
    world.put("shop/key", key=f"{CANARY}-2")
    served = {"vault_path": "shop/db", "vault_field": "password"}
    world.secret_as(Name="db", Driver={"Name": ALIAS}, Labels=served)
    world.secret("key", f"{CANARY}-0", {"vault_path": "shop/key", "vault_field": "key"})
    names = {"db": "db", "key": "key"}
    world.service(name, names, task=ON_WORKER, labels={STACK: "shop"}, **service)
    return name


def run(world: World, service: str, number: int) -> bool:
    names = {"db": f"db_v{number}", "key": f"key_v{number}"}
    noted = all(status(world, name) == "active" for name in names.values())
    return noted and world.references(service) == names


def wait_for_number(world: World, service: str, number: int) -> None:
    what = f"version {number} to run"
    wait_for(what, lambda: run(world, service, number), timeout=DEADLINE, ignore=NOT_NOW)


def leader(world: World) -> Node:
    """Return the manager that leads."""

    def found() -> list[Node]:
        names = [
            one["Description"]["Hostname"]
            for one in world.client.nodes()
            if (one.get("ManagerStatus") or {}).get("Leader")
        ]
        return [node for node in world.bed.managers if node.name in names]

    return wait_for("a leader", found, timeout=DEADLINE, ignore=NOT_NOW)[0]


def told_of(node: Node, service: str) -> list[str]:
    """Return the lines that the rotation on a node has for a service."""
    return [
        line
        for line in node.log(500).splitlines()
        if f"service={service}" in line and "rotation:" in line
    ]


def test_it_rolls_changes_out_with_the_rights_that_it_keeps(
    rotating: Plugin, plugin_world: World
) -> None:
    world = plugin_world
    service = deployed(world)
    wait_for_number(world, service, 1)
    world.put("shop/db", password=f"{CANARY}-3")
    world.put("shop/key", key=f"{CANARY}-4")
    wait_for_number(world, service, 2)
    assert world.shown(service, "db") == {digest(f"{CANARY}-3")}
    assert world.shown(service, "key") == {digest(f"{CANARY}-4")}
    first = leader(world)
    wait_for("the lines", lambda: len(told_of(first, service)) > 1, timeout=DEADLINE)
    assert [node for node in world.bed.managers if told_of(node, service)] == [first]
    assert CANARY not in rotating.log()


@pytest.mark.usefixtures("rotating")
def test_another_stacks_path_is_left_alone(plugin_world: World) -> None:
    world = plugin_world
    world.put("bank/db", password=f"{CANARY}-1")
    world.secret("loot", CANARY, {"vault_path": "bank/db"})
    thief = new_name()
    world.service(thief, {"loot": "loot"}, labels={STACK: "shop"})
    first = leader(world)

    def told() -> bool:
        lines = [line for line in first.log(500).splitlines() if thief in line]
        return any("bank/db" in line and "loot is left as it is" in line for line in lines)

    wait_for("the line", told, timeout=DEADLINE)
    assert world.names() == ["loot"]


@pytest.mark.usefixtures("rotating")
def test_the_leaders_engine_restarts_while_a_service_deploys(plugin_world: World) -> None:
    world = plugin_world
    # The engine watches each new task for so long: the rollout cannot end before.
    service = deployed(world, replicas=2, update={"Monitor": 3 * SECOND})
    wait_for_number(world, service, 1)
    first = leader(world)
    other = next(node for node in world.bed.managers if node is not first)
    with contextlib.closing(other.client(10)) as client:
        view = dataclasses.replace(world, client=client)
        world.put("shop/key", key=f"{CANARY}-5")
        world.put("shop/db", password=f"{CANARY}-6")
        wait_for(
            "the rollout",
            lambda: state_of_update(view.inspect(service)) == "updating",
            timeout=DEADLINE,
            interval=0.05,
        )
        first.restart_engine()
        second = leader(view)
        assert second.name != first.name
        wait_for_number(view, service, 2)
        assert told_of(second, service)
        wait_for("the Swarm to be whole", world.bed.healthy, timeout=DEADLINE, ignore=NOT_NOW)
        assert view.shown(service, "db") == {digest(f"{CANARY}-6")}
        # Its plugin is up again, and leaves it to the new leader.
        lines = first.log(500)
        after = lines[lines.rindex("started") :]
        assert "rotation: left to the leader" in after
