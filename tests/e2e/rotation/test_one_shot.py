# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that run once and end, such as migrations: never run again, and never a verdict."""

from __future__ import annotations

import typing as t

import pytest

from testbed.waiting import wait_for
from tests.e2e.support.looks import actions, changes, reason, states, status, tasks_made
from tests.e2e.support.world import DEADLINE, SECOND, World, digest, vaulted

LATER = {"swarmvault.wave": "1"}


def restarting(condition: str) -> dict[str, t.Any]:
    """Return the part of a task's spec that says when it is started again."""
    return {"RestartPolicy": {"Condition": condition, "Delay": SECOND // 10}}


def run_once(world: World, name: str, secret: str, condition: str, **more: t.Any) -> None:
    """Create a service whose tasks end well by themselves, and wait until they have."""
    task = restarting(condition)
    replicas = more.get("replicas", 1)
    world.service(name, {"db": secret}, command=("/bin/true",), task=task, wait=False, **more)

    def ended() -> bool:
        tasks = world.client.tasks(filters={"service": name})
        return [one["Status"]["State"] for one in tasks] == ["complete"] * replicas

    wait_for(f"{name} to end", ended, timeout=DEADLINE)


@pytest.mark.case("S1")
@pytest.mark.parametrize("condition", ["none", "on-failure"])
def test_a_migration_that_has_ended_well_is_not_run_again_but_reported_as_skipped(
    world: World, condition: str
) -> None:
    world.put("once/db", password="first")
    world.rotate(vaulted("db", "once/db"))
    run_once(world, "migrate", "db_v1", condition, replicas=2)
    world.service("web", {"db": "db_v1"}, labels=LATER)
    index = world.inspect("migrate")["Version"]["Index"]
    world.put("once/db", password="second")

    report = world.rotate(vaulted("db", "once/db"), keep_versions=1, wait_timeout=20)

    assert not report.failed, report.message
    assert states(report) == {"migrate": ("skipped", "skipped"), "web": ("updated", "converged")}
    assert "one-shot" in reason(report, "migrate")
    assert actions(report) == {"db": ("rotated", "db_v2")}
    assert (world.inspect("migrate")["Version"]["Index"], tasks_made(world, "migrate")) == (
        index,
        2,
    )
    assert world.references("migrate") == {"db": "db_v1"}
    assert status(world, "db_v2") == "active"
    # What it refers to stays, however few versions are to be kept.
    assert "db_v1" in world.names()
    again = world.rotate(vaulted("db", "once/db"), keep_versions=1, wait_timeout=20)
    assert (again.changed, again.failed, changes(world)) == (False, False, [])
    assert tasks_made(world, "migrate") == 2


@pytest.mark.case("S1")
def test_one_that_was_deployed_with_the_new_version_and_has_ended_is_not_waited_for(
    world: World,
) -> None:
    world.put("once/new", password="first")
    world.rotate(vaulted("db", "once/new"))
    world.service("web", {"db": "db_v1"})
    world.put("once/new", password="second")
    world.rotate(vaulted("db", "once/new"), wait=False)
    run_once(world, "migrate", "db_v2", "none")
    world.wait_running("web")

    report = world.rotate(vaulted("db", "once/new"), wait_timeout=10)

    assert not report.failed, report.message
    assert states(report).get("web") in {None, ("unchanged", "converged")}
    assert status(world, "db_v2") == "active"
    assert (world.references("migrate"), tasks_made(world, "migrate")) == ({"db": "db_v2"}, 1)


@pytest.mark.case("S1")
def test_a_server_that_is_started_again_only_when_it_fails_is_moved_as_long_as_it_runs(
    world: World,
) -> None:
    world.put("once/server", password="first")
    world.rotate(vaulted("db", "once/server"))
    world.service("web", {"db": "db_v1"}, task=restarting("on-failure"))
    world.put("once/server", password="second")

    report = world.rotate(vaulted("db", "once/server"))

    assert states(report) == {"web": ("updated", "converged")}
    assert world.shown("web", "db") == {digest("second")}
    assert status(world, "db_v2") == "active"
