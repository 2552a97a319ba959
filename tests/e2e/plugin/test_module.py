# SPDX-License-Identifier: GPL-3.0-or-later
"""The module that installs the plugin, on the nodes, as Ansible runs it.

One story for each engine, with a plugin under a name of its own.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import typing as t
from pathlib import Path

import pytest
import yaml

from testbed.system import need
from tests.e2e.conftest import NEWEST, OLDEST
from tests.e2e.support import plugin_versions
from tests.e2e.support.canary import Canaries
from tests.e2e.support.controller import GROUP, PLUGIN_MODULE, Controller, Run, TaskResult, play
from tests.e2e.support.documented import differences, documentation
from tests.e2e.support.plugin import CREDENTIALS, STACK, Plugin, restart
from tests.e2e.support.reach import write_inventory
from tests.e2e.support.world import World, digest

ALIAS = "managed:latest"
TRIAL = "managed-trial:latest"
IN_SHOP = {STACK: "shop"}
ARCHIVE = "/root/secretprovider.tar"
#: An address that no node has: the one that is tried does not listen, the one in its place cannot.
ELSEWHERE = "192.0.2.1:9110"
Documented = dict[str, t.Any]
Settings = dict[str, t.Any]


@pytest.fixture(scope="module")
def controller() -> t.Iterator[Controller]:
    """The collection as users have it."""
    need({"ssh": "openssh-client"}, "reaching nodes as Ansible does")
    with tempfile.TemporaryDirectory(prefix="sv-") as directory:
        yield Controller.install(Path(directory))


@pytest.fixture(scope="module")
def documented(controller: Controller) -> Documented:
    """What ``ansible-doc`` tells of the module."""
    return documentation(controller, PLUGIN_MODULE)


class Managed:
    """The plugin that Ansible manages."""

    def __init__(self, plugin: Plugin, controller: Controller, documented: Documented) -> None:
        self.plugin = plugin
        self._controller = controller
        self._returns = documented["return"]
        self._inventory = write_inventory(plugin.bed, controller.directory / "inventory.json")
        self.canaries = Canaries()
        self.settings: Settings = {
            "VAULT_ADDR": plugin.bed.vault.url,
            "VAULT_PASSWORD": self.canaries.value("setting"),
            "credentials.source": CREDENTIALS,
        }

    def task(self, name: str, **options: t.Any) -> dict[str, t.Any]:
        """Return a task with the module."""
        settings = {"settings": self.settings} if options.get("state") != "absent" else {}
        return {
            "name": name,
            PLUGIN_MODULE: {"alias": ALIAS, **settings, **options},
            "ignore_errors": True,
        }

    def run(
        self, *tasks: dict[str, t.Any], hosts: str = "swarm_managers", **keywords: t.Any
    ) -> Run:
        """Run tasks, and look at what each returns and whether it tells a value."""
        done = self._controller.run(
            [play(*tasks, hosts=hosts, **keywords)], "--diff", "-vvv", inventory=self._inventory
        )
        assert done.results, done.output
        assert self.canaries.found_in(done.output) == []
        for result in done.results:
            assert differences(result, self._returns) == [], result
        return done

    def one(self, where: str, **options: t.Any) -> TaskResult:
        """Run the module once on a node."""
        return self.run(self.task("Once", **options), hosts=where).task("Once")

    def identities(self) -> list[str]:
        """Return the plugin's ID on each manager, which another installation does not have."""
        command = ["docker", "plugin", "inspect", "--format", "{{.Id}}", ALIAS]
        return [node.exec(command).stdout for node in self.plugin.bed.managers]

    def names(self) -> set[str]:
        """Return the names of all plugins on the first manager."""
        with contextlib.closing(self.plugin.bed.client()) as client:
            return {one["Name"] for one in client.plugins()}


@pytest.fixture(scope="module")
def managed(
    installed: Plugin, controller: Controller, documented: Documented
) -> t.Iterator[Managed]:
    """Further versions in the registry, and nothing under the name yet."""
    plugin_versions.push_that_does_not_start(installed.registry, "1", "bad")
    plugin_versions.push_for_architecture(installed.registry, "1", "arch")
    yield Managed(installed, controller, documented)
    installed.bed.reset()
    for node in installed.bed.managers:
        node.exec(["docker", "plugin", "rm", "--force", ALIAS], check=False)


def shop(world: World) -> None:
    """Run a service whose secret the plugin gives."""
    world.put("shop/db", password="before")
    labels = {"vault_path": "shop/db", "vault_field": "password"}
    world.secret_as(Name="managed_db", Labels=labels, Driver={"Name": ALIAS.partition(":")[0]})
    world.service("shop_web", {"db": "managed_db"}, labels=IN_SHOP, replicas=2)


def test_it_is_installed_once_and_what_a_run_left_is_finished(managed: Managed) -> None:
    reference = managed.plugin.reference("arch")
    tasks = [managed.task(name, reference=reference) for name in ("First", "Second")]
    done = managed.run(*tasks)
    for node in managed.plugin.bed.managers:
        first, second = (result for result in done.results if result.host == node.name)
        assert (first["action"], first["changed"], first["before"]) == ("installed", True, None)
        assert first["plugin"]["reference"] == f"{reference}-amd64"
        assert first["plugin"]["settings"]["VAULT_PASSWORD"] == "(hidden)"
        assert (second["action"], second["changed"]) == ("unchanged", False)
        assert second["before"] == second["plugin"] == first["plugin"]

    # As one that was broken off between two calls.
    node = managed.plugin.bed.managers[0]
    node.exec(["docker", "plugin", "disable", "--force", ALIAS])
    install = ["docker", "plugin", "install", "--disable", "--grant-all-permissions"]
    node.exec([*install, "--alias", TRIAL, managed.plugin.reference("1")])
    again = managed.one(node.name, reference=reference)
    assert (again["action"], again["changed"]) == ("enabled", True)
    assert again["plugin"]["enabled"]
    assert TRIAL not in managed.names()


def test_services_run_on_and_are_scaled_while_it_is_upgraded(
    managed: Managed, plugin_world: World
) -> None:
    shop(plugin_world)
    before = plugin_world.task_ids("shop_web")
    upgraded = threading.Event()
    leader = plugin_world.leader()
    others = [node.name for node in managed.plugin.bed.managers if node.name != leader.name]

    def scale() -> None:
        for replicas in range(3, 7):
            plugin_world.edit(
                "shop_web", lambda spec, n=replicas: spec["Mode"].update(Replicated={"Replicas": n})
            )
            if upgraded.wait(1.0):
                break

    scaling = threading.Thread(target=scale)
    scaling.start()
    try:
        upgrade = managed.task("Upgrade", reference=managed.plugin.reference("2"))
        order = ",".join([*others, leader.name])
        done = managed.run(upgrade, hosts=order, serial=[len(others), 1], order="inventory")
    finally:
        upgraded.set()
        scaling.join()
    assert [result["action"] for result in done.results] == ["upgraded"] * 3
    plugin_world.wait_running("shop_web")
    assert before <= plugin_world.task_ids("shop_web")
    assert plugin_world.shown("shop_web", "db") == {digest("before")}


def test_a_version_that_does_not_start_never_takes_its_place(
    managed: Managed, plugin_world: World
) -> None:
    shop(plugin_world)
    identities = managed.identities()
    undeclared = {**managed.settings, "AWS_REGION": "x"}
    done = managed.run(
        managed.task("Broken", reference=managed.plugin.reference("bad")),
        managed.task("Undeclared", reference=managed.plugin.reference("2"), settings=undeclared),
        managed.task("Used", state="absent"),
        hosts=plugin_world.leader().name,
    )
    assert [result.failed for result in done.results] == [True] * 3
    broken = done.task("Broken").msg
    assert "was not touched: tried under the name managed-trial:latest" in broken
    assert "does not declare the settings AWS_REGION" in done.task("Undeclared").msg
    assert "managed_db (used by shop_web)" in done.task("Used").msg
    assert managed.identities() == identities
    assert TRIAL not in managed.names()
    plugin_world.put("shop/db", password="after")
    restart(plugin_world, "shop_web")
    assert plugin_world.shown("shop_web", "db") == {digest("after")}


# The older engine keeps what is left of a plugin that does not start, and cannot start it again.
@pytest.mark.parametrize("plugin", [OLDEST], indirect=True)
def test_settings_that_do_not_work_in_its_place_are_taken_back(
    managed: Managed, plugin_world: World
) -> None:
    shop(plugin_world)
    leader = plugin_world.leader().name
    broken = {**managed.settings, "METRICS_LISTEN": ELSEWHERE}
    failed = managed.one(leader, reference=managed.plugin.reference("2"), settings=broken)
    assert failed.failed
    assert failed["restored"]
    assert failed["plugin"]["enabled"]
    assert failed["plugin"]["settings"] == failed["before"]["settings"]
    plugin_world.put("shop/db", password="after")
    restart(plugin_world, "shop_web")
    assert plugin_world.shown("shop_web", "db") == {digest("after")}


@pytest.mark.parametrize("plugin", [NEWEST], indirect=True)
def test_the_examples_go_as_they_stand_there(managed: Managed, documented: Documented) -> None:
    """From a registry, downgraded to an archive, removed."""
    managed.plugin.bed.reset()
    (first, *_others) = managed.plugin.bed.managers
    first.put(ARCHIVE, plugin_versions.archive_of(managed.plugin.registry, "1"))
    places = {
        "registry.example.com/infra/secretprovider:1.1": managed.plugin.reference("2"),
        "https://vault.example.com:8200": managed.plugin.bed.vault.url,
        "/etc/vault-secrets-plugin": CREDENTIALS,
    }
    text = documented["examples"]
    for made_up, real in places.items():
        text = text.replace(made_up, real)
    assert "example.com" not in text
    tasks = yaml.safe_load(text)
    defaults = {GROUP: {"alias": ALIAS}}
    twice = [tasks[0], tasks[1], {**tasks[1], "name": "Again"}, *tasks[2:]]
    done = managed.run(*twice, hosts=first.name, module_defaults=defaults)
    assert done.code == 0, done.output
    actions = [result["action"] for result in done.results]
    assert actions == ["reconfigured", "upgraded", "unchanged", "removed"]
    assert done.results[1]["plugin"]["archive"]
    assert ALIAS not in managed.names()
    # What it says of itself is told: there is no role_id in the directory.
    assert "role_id" in " ".join(done.results[1].result.get("warnings", []))
