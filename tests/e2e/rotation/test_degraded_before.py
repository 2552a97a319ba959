# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was missing or broken before a run, or breaks long after a rollout, is no verdict."""

from __future__ import annotations

import typing as t

import pytest

from testbed.waiting import wait_for
from tests.e2e.support.looks import (
    PATIENT,
    actions,
    reason,
    states,
    status,
    updates,
    wait_shown,
)
from tests.e2e.support.world import DEADLINE, World, digest, vaulted

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

LATER = {"swarmvault.wave": "1"}
ALL_AT_ONCE = {"Parallelism": 0}
#: There is one worker.
ONE_EACH = {"Placement": {"Constraints": ["node.role==worker"], "MaxReplicas": 1}}


def running(world: World, service: str) -> set[str]:
    """Return the ids of the tasks that do run."""
    return {t["ID"] for t in world.live_tasks(service) if t["Status"]["State"] == "running"}


def check_degraded(report: Report, service: str) -> None:
    """Check that the service is told as degraded before the run, and nobody else held up."""
    assert not report.failed, report.message
    assert states(report)[service] == ("updated", "degraded")
    assert any(service in warning for warning in report.warnings), report.warnings


@pytest.mark.case("S4")
def test_the_tasks_that_run_are_moved_where_one_has_been_without_a_node_for_weeks(
    world: World,
) -> None:
    world.put("degraded/node", password="value 1")
    world.rotate(vaulted("db", "degraded/node"))
    update = {**ALL_AT_ONCE, "FailureAction": "rollback"}
    world.service("web", {"db": "db_v1"}, replicas=2, task=ONE_EACH, update=update, wait=False)
    wait_for("one task to run", lambda: len(running(world, "web")) == 1, timeout=DEADLINE)
    world.service("api", {"db": "db_v1"}, labels=LATER)

    for number in (2, 3):  # on each run
        before = running(world, "web")
        world.put("degraded/node", password=f"value {number}")
        report = world.rotate(vaulted("db", "degraded/node"), wait_timeout=5)

        check_degraded(report, "web")
        assert "before the run" in reason(report, "web")
        assert states(report)["api"] == ("updated", "converged")
        assert world.references("web") == {"db": f"db_v{number}"}
        assert not before & running(world, "web")
        wait_shown(world, "web", "db", {digest(f"value {number}")})
        # The missing task runs nothing at all.
        assert status(world, f"db_v{number}") == "active"

    quiet = world.rotate(vaulted("db", "degraded/node"), wait_timeout=5)
    assert (quiet.changed, quiet.failed, updates(world)) == (False, False, 0)


def failing_on(node: str) -> tuple[str, ...]:
    """Return a command that fails on one node, whatever the value."""
    return ("/bin/sh", "-c", f'test "$NODE" = {node} && exit 3; exec /app.sh')


@pytest.mark.case("S4")
@pytest.mark.parametrize("failure_action", ["continue", "pause"])
def test_a_task_that_has_been_failing_all_the_time_says_nothing_of_a_new_value(
    world: World, failure_action: str
) -> None:
    (worker,) = world.bed.workers
    world.put("degraded/loop", password="first")
    world.rotate(vaulted("db", "degraded/loop"))
    world.service(
        "agent",
        {"db": "db_v1"},
        mode={"Global": {}},
        env=["NODE={{.Node.Hostname}}"],
        command=failing_on(worker.name),
        update={**ALL_AT_ONCE, **PATIENT, "FailureAction": failure_action},
        wait=False,
    )
    world.service("api", {"db": "db_v1"}, labels=LATER)
    wait_for(
        "the other tasks to run",
        lambda: len(running(world, "agent")) >= len(world.bed.managers),
        timeout=DEADLINE,
    )
    wait_for("one to fail", lambda: failed_tasks(world, "agent"), timeout=DEADLINE)
    world.put("degraded/loop", password="second")

    report = world.rotate(vaulted("db", "degraded/loop"), wait_timeout=20)

    # What comes of the service is up to the engine where it goes by that task.
    assert status(world, "db_v2") != "quarantined"
    assert actions(report)["db"][0] != "quarantined"
    assert states(report)["agent"][1] != "rolled_back"
    assert any("agent" in warning for warning in report.warnings) or "agent" in report.message
    if failure_action == "continue":
        check_degraded(report, "agent")
        assert states(report)["api"] == ("updated", "converged")
        assert world.references("agent") == {"db": "db_v2"}


def failed_tasks(world: World, service: str) -> list[dict[str, t.Any]]:
    tasks = world.client.tasks(filters={"service": service})
    return [task for task in tasks if task["Status"]["State"] == "failed"]


@pytest.mark.case("S4")
def test_a_task_on_a_node_that_takes_no_changes_keeps_the_version_pending_and_fails_nothing(
    world: World,
) -> None:
    """The engine replaces no task of a global service on a node whose availability is pause."""
    (worker,) = world.bed.workers
    world.put("degraded/pause", password="first")
    world.rotate(vaulted("db", "degraded/pause"))
    world.service("agent", {"db": "db_v1"}, mode={"Global": {}}, update=ALL_AT_ONCE, wait=False)
    world.service("api", {"db": "db_v1"}, labels=LATER)
    everywhere = len(world.bed.nodes)
    wait_for("a task on each node", lambda: len(running(world, "agent")) == everywhere, timeout=60)
    world.availability(worker, "pause")
    world.put("degraded/pause", password="second")

    report = world.rotate(vaulted("db", "degraded/pause"), wait_timeout=5)

    check_degraded(report, "agent")
    assert states(report)["api"] == ("updated", "converged")
    assert world.references("agent") == {"db": "db_v2"}
    wait_shown(world, "agent", "db", {digest("first"), digest("second")})
    # One task runs the old one still.
    assert status(world, "db_v2") == "pending"
    assert "db_v1" in world.names()

    world.availability(worker, "active")
    wait_shown(world, "agent", "db", {digest("second")})
    done = world.rotate(vaulted("db", "degraded/pause"))
    assert not done.failed, done.message
    assert (updates(world), status(world, "db_v2")) == (0, "active")


@pytest.mark.case("S5")
def test_a_gap_long_after_a_service_converged_does_not_take_it_back(world: World) -> None:
    """Another consumer has kept the version pending; meanwhile the only node for it is gone."""
    (worker,) = world.bed.workers
    on_worker = {"Placement": {"Constraints": ["node.role==worker"]}}
    world.put("degraded/later", password="first")
    world.rotate(vaulted("db", "degraded/later"))
    world.service("web", {"db": "db_v1"}, task=on_worker)
    world.service("held", {"db": "db_v1"}, replicas=2, update=PATIENT)
    world.edit("held", with_command("false"))
    world.wait_update("held", "paused")
    world.put("degraded/later", password="second")
    first = world.rotate(vaulted("db", "degraded/later"))
    assert states(first) == {"held": ("skipped", "held"), "web": ("updated", "converged")}
    assert status(world, "db_v2") == "pending"
    world.availability(worker, "drain")
    wait_for("its task to end", lambda: not running(world, "web"), timeout=DEADLINE)

    report = world.rotate(vaulted("db", "degraded/later"), wait_timeout=4)

    assert updates(world) == 0
    assert world.references("web") == {"db": "db_v2"}
    assert status(world, "db_v2") == "pending"
    assert states(report)["held"] == ("skipped", "held")
    assert states(report).get("web") in {None, ("unchanged", "degraded")}
    assert "web" not in report.message

    world.availability(worker, "active")
    world.wait_running("web")
    world.edit("held", with_command("/app.sh"))
    world.wait_running("held")
    done = world.rotate(vaulted("db", "degraded/later"))
    assert not done.failed, done.message
    assert status(world, "db_v2") == "active"
    for name in ("web", "held"):
        assert world.shown(name, "db") == {digest("second")}


def with_command(*command: str) -> t.Callable[[dict[str, t.Any]], None]:
    """Return a change of a service's command."""

    def change(spec: dict[str, t.Any]) -> None:
        spec["TaskTemplate"]["ContainerSpec"]["Command"] = list(command)

    return change


@pytest.mark.case("S6")
def test_a_deploy_of_its_own_that_the_engine_rolled_back_says_nothing_of_a_value_never_tried(
    world: World,
) -> None:
    world.put("degraded/own", password="first")
    world.rotate(vaulted("db", "degraded/own"))
    world.service("canary", {"db": "db_v1"}, replicas=2, update=PATIENT)
    rollback = {**PATIENT, "FailureAction": "rollback"}
    world.service("web", {"db": "db_v1"}, labels=LATER, update=rollback)
    world.edit("canary", with_command("false"))
    world.wait_update("canary", "paused")
    world.put("degraded/own", password="second")
    first = world.rotate(vaulted("db", "degraded/own"))
    assert states(first)["canary"] == ("skipped", "held")
    assert world.references("web") == {"db": "db_v1"}

    # Between two runs, a release of the service itself goes wrong.
    world.edit("web", with_command("false"))
    world.wait_update("web", "rollback_completed")
    world.edit("canary", with_command("/app.sh"))
    world.wait_running("canary")
    report = world.rotate(vaulted("db", "degraded/own"))

    assert not report.failed, report.message
    assert states(report) == {"canary": ("updated", "converged"), "web": ("updated", "converged")}
    assert status(world, "db_v2") == "active"
    assert "swarmvault.failed_on" not in world.secrets()["db_v2"]
    for name in ("web", "canary"):
        assert world.shown(name, "db") == {digest("second")}
