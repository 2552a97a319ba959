# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugin's rotation beside each of three managers: one rotates, and another completes it."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

import docker.errors
import pytest
import requests

from testbed.waiting import wait_for
from tests.e2e.support.looks import status
from tests.e2e.support.rotating import Rotator, rotators
from tests.e2e.support.secret_driver import plugin_driver
from tests.e2e.support.world import DEADLINE, SECOND, World, digest, state_of_update, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

ON_WORKER = {"Placement": {"Constraints": ["node.role==worker"]}}
CANARY = "canary-value-7f3a"
NOT_NOW = (docker.errors.APIError, requests.RequestException, OSError)


def deployed(world: World, **service: t.Any) -> None:
    """Make a secret that tells by its labels where it comes from, and a service that uses it."""
    world.put("plugin/db", password=f"{CANARY}-1")
    world.rotate(vaulted("db", "plugin/db", "password"))
    world.service("shop_web", {"db": "db_v1"}, task=ON_WORKER, **service)


def leading(ones: t.Sequence[Rotator]) -> list[Rotator]:
    return [one for one in ones if one.lines(event="rotation: this node leads and rotates")]


def leader(ones: t.Sequence[Rotator]) -> Rotator:
    """Return the one that has found out that it is to rotate."""
    (found,) = wait_for("one to lead", lambda: leading(ones), timeout=DEADLINE)
    return found


def run(world: World, **versions: str) -> bool:
    """Tell whether the service has converged on these versions, and that is noted."""
    noted = all(status(world, version) == "active" for version in versions.values())
    return noted and world.references("shop_web") == versions


def wait_for_versions(world: World, **versions: str) -> None:
    wait_for(
        f"{versions} to run", lambda: run(world, **versions), timeout=DEADLINE, ignore=(KeyError,)
    )


def test_the_leader_alone_rolls_changes_out_of_both_kinds_and_one_bad_secret_stops_no_other(
    world: World, tmp_path: Path
) -> None:
    world.put("plugin/db", password=f"{CANARY}-1")
    world.secret("db", f"{CANARY}-0", {"vault_path": "plugin/db", "vault_field": "password"})
    world.secret("lost", CANARY, {"vault_path": "plugin/nowhere"})
    served = {"vault_path": "plugin/served", "vault_field": "key"}
    world.put("plugin/served", key=f"{CANARY}-3")
    with (
        plugin_driver(world.bed) as driver,
        rotators(world.bed, tmp_path) as ones,
    ):
        world.secret_as(Name="key", Driver={"Name": driver}, Labels=served)
        world.service("shop_web", {"db": "db", "key": "key"}, task=ON_WORKER)
        wait_for_versions(world, db="db_v1", key="key_v1")
        world.put("plugin/db", password=f"{CANARY}-2")
        world.put("plugin/served", key=f"{CANARY}-4")
        wait_for_versions(world, db="db_v2", key="key_v2")
        assert world.shown("shop_web", "db") == {digest(f"{CANARY}-2")}
        assert world.shown("shop_web", "key") == {digest(f"{CANARY}-4")}
        assert world.secrets()["key_v2"]["vault_version"] == "2"
        first = leader(ones)
        wait_for("the line", lambda: len(first.lines(service="shop_web")) > 1, timeout=DEADLINE)
        others = [one for one in ones if one is not first]
        for one in others:
            assert one.lines(event="rotation: left to the leader")
            assert not one.lines(service="shop_web")
        assert {line["outcome"] for line in first.lines(service="shop_web")} == {"converged"}
        assert [line["outcome"] for line in first.lines(secret="lost")] == ["kept"]
        assert [one.end() for one in ones] == [0, 0, 0]
        assert CANARY not in "".join(one.text() for one in ones)


def test_vault_away_and_back(world: World, tmp_path: Path) -> None:
    deployed(world)
    with rotators(world.bed, tmp_path) as ones:
        first = leader(ones)
        tasks = world.task_ids("shop_web")
        world.vault.stop()
        try:
            wait_for("the line", lambda: first.lines(outcome="kept"), timeout=DEADLINE)
            assert world.task_ids("shop_web") == tasks
        finally:
            world.vault.start()
        world.put("plugin/db", password=f"{CANARY}-2")
        wait_for_versions(world, db="db_v2")
        assert world.shown("shop_web", "db") == {digest(f"{CANARY}-2")}
        assert all(one.alive() for one in ones)
        assert CANARY not in "".join(one.text() for one in ones)


@contextlib.contextmanager
def in_the_middle(world: World, tmp_path: Path) -> t.Iterator[tuple[World, Rotator, list[Rotator]]]:
    """Be in the middle of a rollout; give a look from a manager that does not lead, and who rotates."""
    # The engine watches each new task for so long: the rollout cannot end before.
    deployed(world, replicas=2, update={"Monitor": 3 * SECOND})
    with rotators(world.bed, tmp_path) as ones:
        first = leader(ones)
        others = [one for one in ones if one is not first]
        world.put("plugin/db", password=f"{CANARY}-2")
        with contextlib.closing(world.bed.client(others[0].manager, timeout=10)) as client:
            view = dataclasses.replace(world, client=client)
            wait_for(
                "the rollout",
                lambda: (
                    view.references("shop_web") == {"db": "db_v2"}
                    and state_of_update(view.inspect("shop_web")) == "updating"
                ),
                timeout=DEADLINE,
                interval=0.05,
            )
            yield view, first, others


def completed(view: World, others: t.Sequence[Rotator]) -> None:
    """Wait until another one has completed the rollout, and check what became of it."""
    wait_for(
        "another to complete it",
        lambda: run(view, db="db_v2"),
        timeout=DEADLINE,
        ignore=(*NOT_NOW, KeyError),
    )
    (found,) = leading(others)
    wait_for("the line", lambda: found.lines(service="shop_web"), timeout=DEADLINE)
    assert found.lines(service="shop_web")[-1]["outcome"] == "converged"
    assert view.names() == ["db_v1", "db_v2"]


def test_the_leader_dies_while_a_service_deploys_and_the_new_one_completes_it(
    world: World, tmp_path: Path
) -> None:
    with in_the_middle(world, tmp_path) as (view, first, others):
        node = world.bed.managers[first.manager]
        node.kill()
        first.kill()
        try:
            completed(view, others)
        finally:
            node.start()
            wait_for("the Swarm to be whole", world.bed.healthy, timeout=DEADLINE, ignore=NOT_NOW)


def test_a_leader_that_is_demoted_ends_its_rotation_and_the_new_one_completes_it(
    world: World, tmp_path: Path
) -> None:
    with in_the_middle(world, tmp_path) as (view, first, others):
        node = world.bed.managers[first.manager].name
        role(view, node, "worker")
        try:
            wait_for(
                "it to end early",
                lambda: first.lines(event="rotation: ended early; the leader completes it"),
                timeout=DEADLINE,
            )
            completed(view, others)
            assert first.alive()
        finally:
            role(view, node, "manager")
            wait_for("the Swarm to be whole", world.bed.healthy, timeout=DEADLINE, ignore=NOT_NOW)


def role(view: World, name: str, wanted: str) -> None:
    """Make a node a manager or a worker."""

    def tried() -> bool:
        (found,) = [n for n in view.client.nodes() if n["Description"]["Hostname"] == name]
        spec = {**found["Spec"], "Role": wanted}
        return bool(view.client.update_node(found["ID"], found["Version"]["Index"], spec))

    wait_for(f"{name} to become a {wanted}", tried, timeout=DEADLINE, ignore=NOT_NOW)


pytestmark = pytest.mark.timeout(240)
