# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's API fails for a moment, a manager restarts, the leader dies: the rollout goes on."""

from __future__ import annotations

import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import DockerError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import Options
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.rotate import rotate
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import settings as options
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import (
    open_transport,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect

from testbed.waiting import wait_for
from tests.e2e.support.interference import Hooked, cut, is_look, is_service_update, once
from tests.e2e.support.looks import states, status, updates
from tests.e2e.support.world import DEADLINE, World, digest, vaulted

ON_WORKER = {"Placement": {"Constraints": ["node.role==worker"]}}


def rotated_once(world: World, path: str, **service: t.Any) -> None:
    world.put(path, password="first")
    world.rotate(vaulted("db", path))
    world.service("web", {"db": "db_v1"}, **service)
    world.put(path, password="second")


def test_looks_that_are_lost_on_the_way_do_not_fail_a_rollout(world: World) -> None:
    """The connection is cut by the test, at some of the looks after the update."""
    rotated_once(world, "outage/looks")
    lost = cut(is_look, 3, following=is_service_update)
    world.wrap = lambda inner: Hooked(inner, before=lost)

    report = world.rotate(vaulted("db", "outage/looks"))

    assert states(report) == {"web": ("updated", "converged")}
    assert world.references("web") == {"db": "db_v2"}
    assert status(world, "db_v2") == "active"


def test_an_update_whose_answer_is_lost_is_not_made_twice(world: World) -> None:
    """The engine carries it out; the test cuts the connection before its answer is read."""
    rotated_once(world, "outage/answer")
    lost = cut(is_service_update, 1)
    world.wrap = lambda inner: Hooked(inner, after=lost)

    report = world.rotate(vaulted("db", "outage/answer"))

    assert report.changed
    assert states(report) == {"web": ("updated", "converged")}
    assert updates(world) == 1
    assert len(world.client.tasks(filters={"service": "web"})) == 2


def test_an_update_that_is_lost_on_the_way_is_sent_again(world: World) -> None:
    """The test cuts the connection before the engine hears of the update."""
    rotated_once(world, "outage/request")
    lost = cut(is_service_update, 1)
    world.wrap = lambda inner: Hooked(inner, before=lost)

    report = world.rotate(vaulted("db", "outage/request"))

    assert states(report) == {"web": ("updated", "converged")}
    assert world.references("web") == {"db": "db_v2"}


def test_the_manager_we_talk_to_may_restart_its_engine_during_a_rollout(any_world: World) -> None:
    world = any_world
    rotated_once(world, "outage/restart", task=ON_WORKER)
    restart = once(is_service_update, world.bed.nodes[0].restart_engine)
    world.wrap = lambda inner: Hooked(inner, after=restart)

    report = world.rotate(vaulted("db", "outage/restart"), wait_timeout=120)

    assert states(report) == {"web": ("updated", "converged")}
    assert world.references("web") == {"db": "db_v2"}
    assert status(world, "db_v2") == "active"


def leader(world: World) -> int:
    """Return the number of the manager that leads."""

    def found() -> list[int]:
        names = [
            n["Description"]["Hostname"]
            for n in world.client.nodes()
            if (n.get("ManagerStatus") or {}).get("Leader")
        ]
        return [i + 1 for i, node in enumerate(world.bed.managers) if node.name in names]

    return wait_for("a leader", found, timeout=DEADLINE)[0] - 1


def test_the_leader_may_die_in_the_middle_of_a_rollout(world: World) -> None:
    rotated_once(world, "outage/leader", task=ON_WORKER, replicas=2)
    first = leader(world)
    other = (first + 1) % len(world.bed.managers)
    transport = open_transport(options.resolve(world.bed.docker_options(other), {}))
    kill = once(is_service_update, world.bed.managers[first].kill)
    try:
        with connect(world.vault_options()) as reader:
            report = rotate(
                [vaulted("db", "outage/leader")],
                Options(wait_timeout=120),
                SwarmClient(Hooked(transport, after=kill)),
                reader,
            )
    finally:
        world.bed.managers[first].start()
        wait_for(
            "the Swarm to be whole",
            world.bed.healthy,
            timeout=DEADLINE,
            ignore=(DockerError, OSError),
        )

    assert states(report) == {"web": ("updated", "converged")}
    assert leader(world) != first
    assert world.references("web") == {"db": "db_v2"}
    assert status(world, "db_v2") == "active"
    assert world.shown("web", "db") == {digest("second")}
