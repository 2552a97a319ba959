# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin, built and installed as a user does it, gives tasks their values.

One story for each engine: from Debian's packages to a registry, to all managers, to tasks; then
upgraded to one that was built on an image.
"""

from __future__ import annotations

import hvac
import hvac.exceptions
import pytest

from testbed.errors import BedError
from testbed.waiting import wait_for
from tests.e2e.support.plugin import ALIAS, STACK, Plugin, driven, restart
from tests.e2e.support.world import DEADLINE, World, digest


def test_a_build_that_cannot_be_says_why(installed: Plugin) -> None:
    with pytest.raises(BedError, match=r"cannot build on nosuch:1.*debian-packages needs none"):
        installed.build("other", "nosuch:1")
    with pytest.raises(BedError, match=r"has a plugin .* already\. Name another tag"):
        installed.build_as(ALIAS)


@pytest.mark.usefixtures("installed")
def test_a_task_has_its_value(plugin_world: World) -> None:
    plugin_world.put("shop/db", password="hunter2", user="shop")
    driven(plugin_world, "db", vault_path="shop/db", vault_field="password")
    plugin_world.service("shop_web", {"db": "db"}, replicas=2, labels={STACK: "shop"})
    assert plugin_world.shown("shop_web", "db") == {digest("hunter2")}


@pytest.mark.usefixtures("installed")
def test_each_replica_has_a_token_of_its_own(plugin_world: World) -> None:
    driven(plugin_world, "token", vault_type="vault_token")
    plugin_world.service("shop_web", {"token": "token"}, replicas=2, labels={STACK: "shop"})
    tokens = plugin_world.contents("shop_web", "/run/secrets/token")
    assert len(tokens) == len(set(tokens)) == 2
    for token in tokens:
        told = plugin_world.vault.client(token).auth.token.lookup_self()["data"]
        assert told["orphan"]
        assert "shop_web" in told["policies"]
        assert told["meta"]["service"] == "shop_web"


@pytest.mark.usefixtures("installed")
def test_each_replica_unwraps_its_own_value_once(plugin_world: World) -> None:
    plugin_world.put("shop/db", password="hunter2")
    driven(plugin_world, "wrapped", vault_path="shop/db", vault_field="password", vault_wrap="10m")
    plugin_world.service("shop_web", {"key": "wrapped"}, replicas=2, labels={STACK: "shop"})
    tokens = plugin_world.contents("shop_web", "/run/secrets/key")
    assert len(tokens) == len(set(tokens)) == 2
    for token in tokens:
        unwrapped = plugin_world.vault.client(token).sys.unwrap()
        assert "hunter2" in str(unwrapped["data"])
        with pytest.raises(hvac.exceptions.VaultError, match="wrapping token"):
            plugin_world.vault.client(token).sys.unwrap()


def test_another_stacks_path_is_refused_and_the_log_says_so(
    installed: Plugin, plugin_world: World
) -> None:
    plugin_world.put("bank/db", password="of the bank")
    driven(plugin_world, "bank", vault_path="bank/db", vault_field="password")
    plugin_world.service("shop_thief", {"db": "bank"}, labels={STACK: "shop"}, wait=False)
    filters = {"service": "shop_thief"}

    def told() -> str | None:
        """Return the line about a task that failed for it."""
        tasks = plugin_world.client.tasks(filters=filters)
        failed = [task["ID"] for task in tasks if task["Status"]["State"] == "failed"]
        lines = [line for line in installed.log().splitlines() if "secret not delivered" in line]
        return next((line for line in lines if any(task in line for task in failed)), None)

    line = wait_for("a line about a task that failed", told, timeout=DEADLINE)
    assert "shop_thief" in line
    assert "bank/db" in line
    assert "VAULT_ALLOWED_PATHS" in line
    states = {one["Status"]["State"] for one in plugin_world.client.tasks(filters=filters)}
    assert "running" not in states
    assert "of the bank" not in installed.log()


def test_services_run_on_while_it_is_upgraded(installed: Plugin, plugin_world: World) -> None:
    plugin_world.put("shop/db", password="before")
    driven(plugin_world, "db", vault_path="shop/db", vault_field="password")
    plugin_world.service("shop_web", {"db": "db"}, labels={STACK: "shop"})
    tasks = plugin_world.task_ids("shop_web")
    installed.upgrade("2")
    assert plugin_world.task_ids("shop_web") == tasks
    assert plugin_world.shown("shop_web", "db") == {digest("before")}

    plugin_world.put("shop/db", password="after")
    restart(plugin_world, "shop_web")
    assert plugin_world.shown("shop_web", "db") == {digest("after")}
