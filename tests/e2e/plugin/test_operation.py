# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed plugin, while things around it go wrong or change."""

from __future__ import annotations

import contextlib
import re
import typing as t

import docker.errors
import requests

from testbed.waiting import wait_for
from tests.e2e.support.canary import PLACES, Canaries, ProcessWatch
from tests.e2e.support.plugin import ALIAS, CREDENTIALS, STACK, USER, Plugin, driven, restart
from tests.e2e.support.world import DEADLINE, World, digest

if t.TYPE_CHECKING:
    from testbed import Node

IN_SHOP = {STACK: "shop"}
ON_WORKER = {"Placement": {"Constraints": ["node.role==worker"]}}
#: What a manager answers while there is no leader.
NO_LEADER = (docker.errors.APIError, requests.RequestException)
PROCESS = "swarmvault_secretprovider"


def shop_with(world: World, value: str, **service: t.Any) -> None:
    """Run a service whose secret the plugin has from Vault."""
    world.put("shop/db", password=value)
    driven(world, "db", vault_path="shop/db", vault_field="password")
    world.service("shop_web", {"db": "db"}, labels=IN_SHOP, **service)


def test_a_leader_dies_while_a_service_deploys(installed: Plugin, plugin_world: World) -> None:
    # On the worker: what runs beside the leader would first have to be missed.
    shop_with(plugin_world, "through the change", task=ON_WORKER)
    leader = plugin_world.leader()
    other = next(node for node in installed.bed.managers if node != leader)
    with contextlib.closing(other.client()) as client:
        world = World(bed=installed.bed, client=client, vault=plugin_world.vault)
        world.edit("shop_web", lambda spec: spec["Mode"].update(Replicated={"Replicas": 8}))
        leader.kill()

        def all_run() -> bool:
            tasks = world.live_tasks("shop_web")
            ready = {n["ID"] for n in client.nodes() if n["Status"]["State"] == "ready"}
            states = [task["Status"]["State"] for task in tasks if task.get("NodeID") in ready]
            return states == ["running"] * 8

        def asked() -> bool:
            log = "\n".join(node.log(400) for node in installed.bed.managers if node != leader)
            return "service=shop_web " in log

        wait_for("each task to run", all_run, timeout=2 * DEADLINE, ignore=NO_LEADER)
        wait_for("the new leader to ask its plugin", asked, timeout=DEADLINE)
        leader.revive()
        wait_for("the Swarm to be whole", installed.bed.healthy, timeout=DEADLINE)
        assert world.shown("shop_web", "db") == {digest("through the change")}


def test_credentials_are_replaced_while_it_runs(installed: Plugin, plugin_world: World) -> None:
    """And a token that a task has outlives the one that it was made with."""
    vault = plugin_world.vault
    old, new = vault.token(["root"]), vault.token(["root"])
    installed.put_credentials(token=old)
    installed.restart()  # so that it has no other
    shop_with(plugin_world, "before")
    driven(plugin_world, "token", vault_type="vault_token")
    plugin_world.service("shop_api", {"token": "token"}, labels=IN_SHOP)
    (handed,) = plugin_world.contents("shop_api", "/run/secrets/token")
    processes = [process(node) for node in installed.bed.managers]

    installed.put_credentials(token=new)
    vault.client().auth.token.revoke(old)
    plugin_world.put("shop/db", password="after")
    restart(plugin_world, "shop_web")
    assert plugin_world.shown("shop_web", "db") == {digest("after")}
    assert [process(node) for node in installed.bed.managers] == processes
    assert vault.client(handed).auth.token.lookup_self()["data"]["meta"]["service"] == "shop_api"


def test_vault_is_away_and_back(installed: Plugin, plugin_world: World) -> None:
    shop_with(plugin_world, "kept")
    plugin_world.vault.stop()
    try:
        restart(plugin_world, "shop_web")
        assert plugin_world.shown("shop_web", "db") == {digest("kept")}
        (task,) = plugin_world.task_ids("shop_web")
        (line,) = [line for line in installed.log().splitlines() if task in line and "age=" in line]
        assert "shop_web" in line
    finally:
        plugin_world.vault.start()
    plugin_world.put("shop/db", password="new")

    def renewed() -> bool:
        # For a moment the plugin does not ask again what it could not reach.
        restart(plugin_world, "shop_web")
        return plugin_world.shown("shop_web", "db") == {digest("new")}

    wait_for("a new task to have the new value", renewed, timeout=DEADLINE)


def process(node: Node) -> str:
    """Return the number of the plugin's process on a node."""
    (found,) = node.exec(["pgrep", "-f", f"python3 .*{PROCESS}"]).stdout.split()
    return str(found)


def test_neither_values_nor_credentials_show(installed: Plugin, plugin_world: World) -> None:
    canaries = Canaries()
    manager = installed.bed.managers[0]
    canaries.watch("credential", manager.exec(["cat", f"{CREDENTIALS}/token"]).stdout)
    with ProcessWatch() as processes:
        shop_with(plugin_world, canaries.value("value"), replicas=2)
        assert len(plugin_world.shown("shop_web", "db")) == 1
    assert PROCESS in processes.seen
    assert not canaries.found_in(processes.seen)

    places = (*PLACES, "/var/lib/docker/plugins", "/run/docker", "/run/log")
    for node in installed.bed.managers:
        # That it finds the file with the credential shows that it can find something.
        assert canaries.found_on(node, places).split() == [f"{CREDENTIALS}/token"]
        for command in (["plugin", "inspect", ALIAS], ["secret", "inspect", "db"]):
            assert not canaries.found_in(node.exec(["docker", *command]).stdout)


def test_nobody_reads_the_memory_of_the_plugin(installed: Plugin) -> None:
    user = USER.partition(":")[0]
    for node in installed.bed.managers:
        number = process(node)
        limits = node.exec(["cat", f"/proc/{number}/limits"]).stdout
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
        status = node.exec(["cat", f"/proc/{number}/status"]).stdout
        assert re.search(rf"^Uid:(\t{user}){{4}}$", status, re.MULTILINE)
        assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)
        # Of a process that can be dumped, another one of the same user may read the memory.
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        for file in ("environ", "mem"):
            stolen = node.exec([*as_user, "head", "-c", "1", f"/proc/{number}/{file}"], check=False)
            assert "Permission denied" in stolen.stderr
