# SPDX-License-Identifier: GPL-3.0-or-later
"""The role on real managers: its scenarios of Molecule, one after the other on the same nodes.

Each engine generation has those that go well together, so that none is installed twice.
"""

from __future__ import annotations

import contextlib
import json
import threading
import typing as t

import pytest

from testbed.waiting import wait_for
from tests.e2e.role import archives
from tests.e2e.role.conftest import left, world_of
from tests.e2e.role.playing import Stage, changed
from tests.e2e.support.plugin import ALIAS, driven, restart
from tests.e2e.support.world import DEADLINE, World, digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed
    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.plugin import Plugin

BASE = "debian-python:1"
CREDENTIALS = "/etc/vault-secrets-plugin"
INSTALL = "Install the plugin"


def watch(stage: Stage, canaries: Canaries) -> None:
    """Look for the credentials that the role is given."""
    canaries.watch("root token", stage.bed.vault.root_token)


def nothing_leaked(stage: Stage, canaries: Canaries) -> None:
    """Look at what was printed and returned, and at every file of this machine and the managers."""
    for run in stage.runs:
        assert canaries.found_in(run.output) == [], run.output
        for result in run.results:
            assert canaries.found_in(repr(result)) == [], result
    for file in ("inventory.json", "more.json"):
        (stage.folder / file).unlink(missing_ok=True)
    assert canaries.found_below(stage.folder) == {}
    assert list((stage.folder / "tmp").glob("swarmvault-*")) == []
    for node in stage.bed.managers:
        places = (
            "/etc",
            "/opt/swarmvault",
            "/root",
            "/tmp",
            "/var/lib/swarmvault",
            "/var/log",
            "/var/tmp",
        )
        found = canaries.found_on(node, places).splitlines()
        assert [line for line in found if not line.startswith(CREDENTIALS)] == []


def reading(world: World, value: str) -> None:
    """Run a service whose secret the plugin has from Vault."""
    world.put("shop/db", password=value)
    driven(world, "db", vault_path="shop/db", vault_field="password")
    world.service("shop_web", {"db": "db"}, replicas=2)
    assert world.shown("shop_web", "db") == {digest(value)}


def plugins(bed: Bed) -> dict[str, dict[str, t.Any]]:
    """Return the plugin of each manager."""
    found = {}
    for node in bed.managers:
        with contextlib.closing(node.client()) as client:
            found[node.name] = client.inspect_plugin(ALIAS)
    return found


def test_oldest_engine_built_on_the_spot_reconfigured_with_a_manager_away_and_removed(
    oldest_stage: Stage, archive: Path, canaries: Canaries
) -> None:
    stage, bed = oldest_stage, oldest_stage.bed
    watch(stage, canaries)
    for node in bed.managers:
        with contextlib.closing(node.client(300)) as client:
            archives.import_base(client, archive, BASE)
    stage.variables |= {"secretprovider_source": "build", "secretprovider_base_image": BASE}

    first = stage.playbook("install", "--check", "--diff")
    assert first.code == 0, first.output
    assert all(changed(first, node.name) for node in bed.managers)
    assert [left(node) for node in bed.managers] == [[], [], []]

    installed = stage.molecule("install")
    builders = [one.host for one in installed.results if one.task == "Build it"]
    assert len(set(builders)) == 1
    with world_of(bed) as world:
        leader = world.leader().name
        order = [one.host for one in installed.results if one.task == INSTALL][:3]
        assert order[-1] == leader
        assert set(order) == {node.name for node in bed.managers}
        assert len({one["Config"]["Description"] for one in plugins(bed).values()}) == 1
        reading(world, "through the role")
        away_and_back(stage, world, canaries)
        restart(world, "shop_web")
        assert world.shown("shop_web", "db") == {digest("through the role")}

        refused = stage.playbook("remove")
        assert refused.code != 0
        assert "shop_web" in refused.output or "db" in refused.output, refused.output
        assert all(one["Enabled"] for one in plugins(bed).values())
    nothing_leaked(stage, canaries)
    bed.reset()
    stage.molecule("remove")


def away_and_back(stage: Stage, world: World, canaries: Canaries) -> None:
    """Change settings and the login while a manager is down, and catch up on it."""
    bed, vault = stage.bed, stage.bed.vault
    away = next(node for node in bed.managers if node != world.leader())
    up = [node.name for node in bed.managers if node != away]
    vault.policy("shop", 'path "secret/+/shop/*" { capabilities = ["read"] }')
    role_id, _unused = vault.approle("shop", ["shop"])
    wrapped = {}
    for node in bed.managers:
        answer = vault.client().write_data(
            "auth/approle/role/shop/secret-id", data={}, wrap_ttl="1h"
        )
        wrapped[node.name] = answer["wrap_info"]["token"]
        canaries.watch(f"wrapping token of {node.name}", wrapped[node.name])
    settings = {"VAULT_ADDR": vault.url, "VAULT_AUTH_METHOD": "approle", "LOG_FORMAT": "json"}
    credentials = {"role_id": role_id, "ca.pem": vault.ca_cert.read_text()}
    stage.variables |= {
        "molecule_next_settings": settings,
        "molecule_next_credentials": credentials,
        "molecule_wrapped": wrapped,
    }

    away.stop()
    try:
        told = stage.molecule("reconfigure", MOLECULE_UP=":".join(up))
    finally:
        away.revive()
    wait_for("the Swarm to be whole", bed.healthy, timeout=DEADLINE)
    (line,) = [one.msg for one in told.results if one.task == "Tell which are passed over"]
    assert away.name in line
    for name in up:
        secret_id = bed.node(name).exec(["cat", f"{CREDENTIALS}/secret_id"]).stdout
        canaries.watch(f"secret ID of {name}", secret_id)

    caught_up = stage.playbook(
        "install",
        # As a survey hands it over.
        secretprovider_settings=json.dumps(settings),
        secretprovider_credentials=json.dumps(credentials),
        secretprovider_secret_id_wrapped=json.dumps(wrapped),
        secretprovider_rotation="",
    )
    assert caught_up.code == 0, caught_up.output
    assert {name: changed(caught_up, name) for name in up} == {name: [] for name in up}
    assert INSTALL in changed(caught_up, away.name)
    assert all("LOG_FORMAT=json" in one["Settings"]["Env"] for one in plugins(bed).values())


def test_newest_engine_from_a_registry_upgraded_while_a_service_is_scaled_and_removed(
    newest_stage: Stage, registry: Plugin, archive: Path, next_archive: Path, canaries: Canaries
) -> None:
    stage, bed = newest_stage, newest_stage.bed
    watch(stage, canaries)
    broken = archives.version(archive, "broken", entrypoint=["/bin/false"])
    for tag, file in (("1", archive), ("2", next_archive), ("3", broken)):
        archives.push(bed, file, registry.reference(tag))
    stage.variables |= {
        "secretprovider_source": registry.reference("1"),
        "molecule_next_source": registry.reference("2"),
        "secretprovider_enable_timeout": 5,
        "secretprovider_wait_timeout": 15,
    }

    stage.molecule("install")
    with world_of(bed) as world:
        reading(world, "from the registry")
        before = world.task_ids("shop_web")
        scaling = threading.Thread(target=scale, args=(bed, "shop_web", 6))
        scaling.start()
        stage.molecule("upgrade")
        scaling.join()
        world.wait_running("shop_web")
        assert before <= world.task_ids("shop_web")
        assert world.shown("shop_web", "db") == {digest("from the registry")}

        failed = stage.playbook("install", secretprovider_source=registry.reference("3"))
        assert failed.code != 0
        tried = [one for one in failed.results if one.task == INSTALL]
        assert len(tried) == 1, "the next manager is not touched"
        assert plugins(bed).keys() == {node.name for node in bed.managers}
        for one in plugins(bed).values():
            assert one["Enabled"]
            assert one["PluginReference"].endswith("secretprovider:2")
        restart(world, "shop_web")
        assert world.shown("shop_web", "db") == {digest("from the registry")}
    nothing_leaked(stage, canaries)
    bed.reset()
    stage.molecule("remove")


def scale(bed: Bed, service: str, replicas: int) -> None:
    """Want more tasks of a service; in a thread, so with a connection of its own."""
    with contextlib.closing(bed.client()) as client:
        world = World(bed=bed, client=client, vault=bed.vault)
        world.edit(service, lambda spec: spec["Mode"].update(Replicated={"Replicas": replicas}))


@pytest.mark.parametrize(
    "inventory", [{}, {"swarm_managers": {"hosts": {}}}], ids=["none", "empty"]
)
def test_a_scenario_that_matches_no_host_fails(
    tmp_path: Path, newest_bed: Bed, inventory: dict[str, t.Any]
) -> None:
    stage = Stage(newest_bed, tmp_path)
    empty = tmp_path / "empty.json"
    empty.write_text(json.dumps(inventory))
    run = stage._run(["molecule", "test", "-s", "install"], {"MOLECULE_INVENTORY": str(empty)})
    assert run.code != 0, run.output
    assert "Name an inventory with managers" in run.output


def test_a_playbook_that_matches_no_host_fails(tmp_path: Path, newest_bed: Bed) -> None:
    """What each scenario runs fails by itself, not only by the look that is taken before."""
    stage = Stage(newest_bed, tmp_path)
    for name in ("install", "remove"):
        run = stage.playbook(name, swarmvault_hosts="nonesuch")
        assert run.code != 0, run.output
        assert "No host matches 'nonesuch'" in run.output
