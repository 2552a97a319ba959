# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed plugin, while things around it go wrong or change."""

from __future__ import annotations

import contextlib
import secrets

from testbed.waiting import wait_for
from tests.e2e.support.plugin import ALIAS, STACK, Plugin, contents, driven, restart
from tests.e2e.support.world import DEADLINE, World, digest

IN_SHOP = {STACK: "shop"}


def shop_with(world: World, value: str, replicas: int = 1) -> None:
    """Run a service whose secret the plugin has from Vault."""
    world.put("shop/db", password=value)
    driven(world, "db", vault_path="shop/db", vault_field="password")
    world.service("shop_web", {"db": "db"}, replicas=replicas, labels=IN_SHOP)


def test_a_leader_dies_while_a_service_deploys(installed: Plugin, plugin_world: World) -> None:
    shop_with(plugin_world, "through the change")
    leader, other = installed.bed.managers[0], installed.bed.managers[1]
    (seen,) = [
        n for n in plugin_world.client.nodes() if n["Description"]["Hostname"] == leader.name
    ]
    if not seen["ManagerStatus"].get("Leader"):
        leader, other = other, leader
    with contextlib.closing(other.client()) as client:
        world = World(bed=installed.bed, client=client, vault=plugin_world.vault)
        world.edit("shop_web", lambda spec: spec["Mode"].update(Replicated={"Replicas": 8}))
        leader.kill()

        def all_run() -> bool:
            tasks = world.live_tasks("shop_web")
            ready = {n["ID"] for n in client.nodes() if n["Status"]["State"] == "ready"}
            states = [task["Status"]["State"] for task in tasks if task.get("NodeID") in ready]
            return states == ["running"] * 8

        wait_for("each task to run elsewhere", all_run, timeout=2 * DEADLINE)
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
    (handed,) = contents(plugin_world, "shop_api", "token")

    installed.put_credentials(token=new)
    vault.client().auth.token.revoke(old)
    plugin_world.put("shop/db", password="after")
    restart(plugin_world, "shop_web")
    assert plugin_world.shown("shop_web", "db") == {digest("after")}
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


def test_nothing_secret_shows(installed: Plugin, plugin_world: World) -> None:
    value = f"canary-{secrets.token_hex(16)}"
    shop_with(plugin_world, value, replicas=2)
    token = plugin_world.vault.root_token
    for node in installed.bed.managers:
        processes = node.exec(["pgrep", "-f", "swarmvault_secretprovider"]).stdout.split()
        assert processes
        told = [node.log(3000), node.exec(["docker", "plugin", "inspect", ALIAS]).stdout]
        for process in processes:
            told += [
                node.exec(["cat", f"/proc/{process}/{name}"]).stdout
                for name in ("cmdline", "environ", "status")
            ]
            limits = node.exec(["cat", f"/proc/{process}/limits"]).stdout.splitlines()
            (core,) = [line.split()[4:6] for line in limits if line.startswith("Max core")]
            assert core == ["0", "0"]
        assert [text for text in told if value in text or token in text] == []
        found = node.exec(["grep", "-rlF", value, "/var/lib/docker/plugins"], check=False)
        assert found.stdout == ""
