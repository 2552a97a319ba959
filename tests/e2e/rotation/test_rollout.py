# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How consumers are moved: once each, side by side, in every mode a service can have."""

from __future__ import annotations

import typing as t

import pytest

from testbed.waiting import wait_for
from tests.e2e.support.in_flight import InFlight
from tests.e2e.support.looks import actions, changes, states, status, tasks_made, updates
from tests.e2e.support.world import DEADLINE, SECOND, World, digest, vaulted

FIVE = ("a", "b", "c", "d", "e")


def put_five(world: World, value: str) -> None:
    world.put("rollout/five", **{name: f"{value}-{name}" for name in FIVE})


def test_a_service_with_five_changed_secrets_is_updated_once_and_restarts_each_task_once(
    any_world: World,
) -> None:
    world = any_world
    requests = [vaulted(name, "rollout/five", name) for name in FIVE]
    put_five(world, "first")
    world.rotate(*requests)
    world.service("web", {name: f"{name}_v1" for name in FIVE}, replicas=2)
    put_five(world, "second")

    report = world.rotate(*requests)

    assert not report.failed
    assert updates(world) == 1
    assert tasks_made(world, "web") == 4
    assert world.references("web") == {name: f"{name}_v2" for name in FIVE}
    assert world.shown("web", "e") == {digest("second-e")}
    previous = world.inspect("web")["PreviousSpec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
    assert [reference["SecretName"] for reference in previous] == [f"{name}_v1" for name in FIVE]
    (service,) = report.services
    assert service.secrets == FIVE


def test_services_are_updated_side_by_side_but_never_more_than_max_parallel(world: World) -> None:
    world.put("rollout/many", password="first")
    world.rotate(vaulted("db", "rollout/many"))
    names = [f"web{number}" for number in range(5)]
    for name in names:
        world.service(name, {"db": "db_v1"}, wait=False)
    for name in names:
        world.wait_running(name)
    world.put("rollout/many", password="second")
    flight = InFlight(world)
    world.wrap = flight.watch

    report = world.rotate(vaulted("db", "rollout/many"), max_parallel=2)

    assert states(report) == dict.fromkeys(names, ("updated", "converged"))
    assert sorted(flight.order) == names
    assert flight.most == 2


def test_a_global_service_is_moved_on_every_node_managers_and_workers(world: World) -> None:
    world.put("rollout/global", password="first")
    world.rotate(vaulted("db", "rollout/global"))
    world.service("agent", {"db": "db_v1"}, mode={"Global": {}}, update={"Parallelism": 0})
    nodes = {node["ID"] for node in world.client.nodes()}

    def running_on() -> set[str]:
        return {t["NodeID"] for t in world.live_tasks("agent") if t["Status"]["State"] == "running"}

    wait_for("a task on each node", lambda: running_on() == nodes, timeout=DEADLINE)
    before = world.task_ids("agent")
    world.put("rollout/global", password="second")

    report = world.rotate(vaulted("db", "rollout/global"))

    assert states(report) == {"agent": ("updated", "converged")}
    assert running_on() == nodes
    assert not before & world.task_ids("agent")
    assert world.shown("agent", "db") == {digest("second")}


def test_a_service_whose_tasks_run_on_a_worker_is_moved(world: World) -> None:
    world.put("rollout/worker", password="first")
    world.rotate(vaulted("db", "rollout/worker"))
    on_worker = {"Placement": {"Constraints": ["node.role==worker"]}}
    world.service("web", {"db": "db_v1"}, replicas=2, task=on_worker)
    world.put("rollout/worker", password="second")

    report = world.rotate(vaulted("db", "rollout/worker"))

    assert states(report) == {"web": ("updated", "converged")}
    roles = {
        world.client.inspect_node(task["NodeID"])["Spec"]["Role"]
        for task in world.live_tasks("web")
    }
    assert roles == {"worker"}
    assert world.shown("web", "db") == {digest("second")}


def test_a_service_scaled_to_zero_is_moved_and_starts_with_the_new_value_later(
    any_world: World,
) -> None:
    world = any_world
    world.put("rollout/zero", password="first")
    world.rotate(vaulted("db", "rollout/zero"))
    world.service("web", {"db": "db_v1"}, replicas=0)
    world.put("rollout/zero", password="second")

    report = world.rotate(vaulted("db", "rollout/zero"))

    assert states(report) == {"web": ("updated", "converged")}
    assert world.references("web") == {"db": "db_v2"}
    assert status(world, "db_v2") == "active"
    assert world.live_tasks("web") == []
    world.edit("web", lambda spec: spec["Mode"]["Replicated"].update(Replicas=1))
    world.wait_running("web")
    assert world.shown("web", "db") == {digest("second")}


def test_with_start_first_the_new_task_runs_before_the_old_one_ends(world: World) -> None:
    world.put("rollout/order", password="first")
    world.rotate(vaulted("db", "rollout/order"))
    world.service("web", {"db": "db_v1"}, update={"Order": "start-first"})
    (old_id,) = world.task_ids("web")
    world.put("rollout/order", password="second")

    report = world.rotate(vaulted("db", "rollout/order"))

    assert states(report) == {"web": ("updated", "converged")}
    (new,) = world.live_tasks("web")

    def ended() -> dict[str, t.Any] | None:
        task: dict[str, t.Any] = world.client.inspect_task(old_id)
        return task if task["Status"]["State"] == "shutdown" else None

    old = wait_for("the old task to end", ended, timeout=DEADLINE)
    assert new["Status"]["Timestamp"] < old["Status"]["Timestamp"]


@pytest.mark.parametrize("mode", ["ReplicatedJob", "GlobalJob"])
def test_a_job_is_not_run_again_but_reported_as_skipped(world: World, mode: str) -> None:
    world.put("rollout/job", password="first")
    world.rotate(vaulted("db", "rollout/job"))
    world.service("web", {"db": "db_v1"})
    world.service(
        "migrate",
        {"db": "db_v1"},
        mode={mode: {"MaxConcurrent": 1, "TotalCompletions": 1} if mode == "ReplicatedJob" else {}},
        command=("/bin/true",),
        task={"RestartPolicy": {"Condition": "none"}},
        wait=False,
    )
    runs = 1 if mode == "ReplicatedJob" else len(world.bed.nodes)
    wait_for("the job to be made", lambda: tasks_made(world, "migrate") == runs, timeout=DEADLINE)
    index = world.inspect("migrate")["Version"]["Index"]
    world.put("rollout/job", password="second")

    report = world.rotate(vaulted("db", "rollout/job"), keep_versions=1)

    assert not report.failed
    assert states(report) == {"migrate": ("skipped", "skipped"), "web": ("updated", "converged")}
    found = world.inspect("migrate")
    assert (found["Version"]["Index"], tasks_made(world, "migrate")) == (index, runs)
    assert world.references("migrate") == {"db": "db_v1"}
    assert "db_v1" in world.names()
    again = world.rotate(vaulted("db", "rollout/job"), keep_versions=1)
    assert (again.changed, again.failed, changes(world)) == (False, False, [])


def test_without_wait_the_run_returns_at_once_and_the_next_one_promotes_and_retires(
    world: World,
) -> None:
    world.put("rollout/nowait", password="first")
    world.rotate(vaulted("db", "rollout/nowait"))
    world.service("web", {"db": "db_v1"}, update={"Monitor": 3 * SECOND})
    world.put("rollout/nowait", password="second")
    world.rotate(vaulted("db", "rollout/nowait"))
    world.put("rollout/nowait", password="third")

    started = world.rotate(vaulted("db", "rollout/nowait"), wait=False, keep_versions=1)

    assert states(started) == {"web": ("updated", "updating")}
    assert (started.failed, started.retired) == (False, ())
    assert status(world, "db_v3") == "pending"
    assert world.names() == ["db_v1", "db_v2", "db_v3"]

    finished = world.rotate(vaulted("db", "rollout/nowait"), keep_versions=1)

    assert states(finished) == {"web": ("unchanged", "converged")}
    assert actions(finished) == {"db": ("unchanged", "db_v3")}
    assert updates(world) == 0
    assert status(world, "db_v3") == "active"
    # The engine's own rollback of the service would need db_v2.
    assert finished.retired == ("db_v1",)
    assert world.names() == ["db_v2", "db_v3"]
