# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New tasks that never come to run: the consumer is put back, and the value is not to blame."""

from __future__ import annotations

import contextlib
import typing as t

import docker.errors
import pytest

from tests.e2e.support.looks import actions, reason, states, status, updates
from tests.e2e.support.world import IMAGE, World, digest, vaulted

ON_WORKER = {"Placement": {"Constraints": ["node.role==worker"]}}
START_FIRST = {"Order": "start-first"}
#: No registry answers there, so what the node does not have cannot be had.
BRIEF_IMAGE = "127.0.0.1:1/swarmvault-test/brief:1"
BRIEF_DIRECTORY = "/srv/brief"


def started(world: World, path: str, **service: t.Any) -> set[str]:
    """Have a first version, a service that runs it, and a second value; return its tasks."""
    world.put(path, password="first")
    world.rotate(vaulted("db", path))
    world.service("web", {"db": "db_v1"}, **{"task": ON_WORKER, **service})
    world.put(path, password="second")
    return world.task_ids("web")


def check_put_back(world: World, report: t.Any, tasks: set[str], *told: str) -> None:
    """Check that the service runs on as before, and that the value may be tried again."""
    assert report.failed
    assert states(report)["web"] == ("updated", "unplaceable")
    for text in told:
        assert text in reason(report, "web")
        assert text in report.message
    assert world.references("web") == {"db": "db_v1"}
    world.wait_running("web")
    assert world.task_ids("web") == tasks, "it ran on all the time"
    assert world.shown("web", "db") == {digest("first")}
    assert status(world, "db_v2") == "pending"
    assert "swarmvault.failed_on" not in world.secrets()["db_v2"]
    assert actions(report)["db"][0] != "quarantined"


@pytest.mark.case("S3")
def test_a_port_of_the_host_that_the_old_task_still_holds(world: World) -> None:
    port = {"TargetPort": 8080, "PublishedPort": 8080, "PublishMode": "host", "Protocol": "tcp"}
    tasks = started(world, "never/port", ports=[port], update=START_FIRST)

    report = world.rotate(vaulted("db", "never/port"), wait_timeout=4)

    check_put_back(world, report, tasks, "host-mode port already in use")
    # It is tried again by the next run, and works once the service is set up so that it can.
    again = world.rotate(vaulted("db", "never/port"), wait_timeout=4)
    check_put_back(world, again, tasks, "host-mode port already in use")
    assert world.names() == ["db_v1", "db_v2"]
    world.edit("web", lambda spec: spec["UpdateConfig"].update(Order="stop-first"))
    done = world.rotate(vaulted("db", "never/port"))
    assert not done.failed, done.message
    assert states(done) == {"web": ("updated", "converged")}
    assert (world.references("web"), status(world, "db_v2")) == ({"db": "db_v2"}, "active")
    assert world.shown("web", "db") == {digest("second")}


@pytest.mark.case("S3")
@pytest.mark.parametrize("on_failure", ["rollback", "rollback_all"])
def test_no_node_that_suits_a_second_task(world: World, on_failure: str) -> None:
    placement = {"Constraints": ["node.role==worker"], "MaxReplicas": 1}
    tasks = started(world, "never/node", task={"Placement": placement}, update=START_FIRST)
    world.service("api", {"db": "db_v1"})

    report = world.rotate(
        vaulted("db", "never/node"), wait_timeout=4, on_failure=on_failure, max_parallel=1
    )

    check_put_back(world, report, tasks, "no suitable node")
    # What runs well is not moved forth and back for it by each run that tries it again.
    assert world.references("api") == {"db": "db_v2"}
    again = world.rotate(
        vaulted("db", "never/node"), wait_timeout=4, on_failure=on_failure, max_parallel=1
    )
    check_put_back(world, again, tasks, "no suitable node")
    assert (world.references("api"), status(world, "db_v2")) == ({"db": "db_v2"}, "pending")


@contextlib.contextmanager
def image_that_cannot_be_pulled(world: World) -> t.Iterator[dict[str, t.Any]]:
    """Give a container spec that works once, and not any more after this."""
    (worker,) = world.bed.workers
    repository, _colon, tag = BRIEF_IMAGE.rpartition(":")
    with contextlib.closing(worker.client()) as client:
        client.tag(IMAGE, repository, tag)
        try:
            yield {"Image": BRIEF_IMAGE}
        finally:
            with contextlib.suppress(docker.errors.ImageNotFound):
                client.remove_image(BRIEF_IMAGE, force=True)


@contextlib.contextmanager
def container_that_cannot_be_started(world: World) -> t.Iterator[dict[str, t.Any]]:
    """Give a container spec that works once, and not any more after this."""
    (worker,) = world.bed.workers
    worker.exec(["mkdir", "-p", BRIEF_DIRECTORY])
    mount = {"Type": "bind", "Source": BRIEF_DIRECTORY, "Target": "/data", "ReadOnly": True}
    try:
        yield {"Mounts": [mount]}
    finally:
        worker.exec(["rmdir", BRIEF_DIRECTORY], check=False)


OBSTACLES = {
    "No such image": image_that_cannot_be_pulled,
    "bind source path does not exist": container_that_cannot_be_started,
}


@pytest.mark.case("S3")
@pytest.mark.parametrize(
    ("told", "failure_action"), zip(OBSTACLES, ["pause", "rollback"], strict=True)
)
def test_what_the_node_refuses_is_not_the_fault_of_the_value_whoever_brings_it_back(
    world: World, told: str, failure_action: str
) -> None:
    update = {**START_FIRST, "FailureAction": failure_action}
    with OBSTACLES[told](world) as container:
        tasks = started(world, "never/refused", container=container, update=update)

    report = world.rotate(vaulted("db", "never/refused"), wait_timeout=20)

    check_put_back(world, report, tasks, told)
    # Nor is it by what the next run finds.
    again = world.rotate(vaulted("db", "never/refused"), wait_timeout=20)
    check_put_back(world, again, tasks, told)
    with OBSTACLES[told](world):
        done = world.rotate(vaulted("db", "never/refused"))
        assert not done.failed, done.message
        assert world.references("web") == {"db": "db_v2"}
        assert world.shown("web", "db") == {digest("second")}
    assert status(world, "db_v2") == "active"


@pytest.mark.case("S3")
def test_left_where_it_is_it_is_told_all_the_same(world: World) -> None:
    placement = {"Constraints": ["node.role==worker"], "MaxReplicas": 1}
    tasks = started(world, "never/pause", task={"Placement": placement}, update=START_FIRST)

    report = world.rotate(vaulted("db", "never/pause"), wait_timeout=4, on_failure="pause")

    assert report.failed
    assert "no suitable node" in reason(report, "web")
    assert world.references("web") == {"db": "db_v2"}
    assert tasks <= world.task_ids("web")
    assert status(world, "db_v2") == "pending"
    assert updates(world) == 1


@pytest.mark.case("S3")
def test_where_not_even_the_old_task_finds_a_node_again_the_value_is_not_to_blame_either(
    world: World,
) -> None:
    """The only node takes no tasks, and with stop-first the old one has ended by then."""
    (worker,) = world.bed.workers
    started(world, "never/back")
    world.availability(worker, "pause")

    report = world.rotate(vaulted("db", "never/back"), wait_timeout=4)

    assert report.failed
    assert states(report)["web"][1] in {"unplaceable", "rollback_failed"}
    assert "no suitable node" in reason(report, "web")
    assert world.references("web") == {"db": "db_v1"}
    assert status(world, "db_v2") == "pending"
    world.availability(worker, "active")
    world.wait_running("web")
    done = world.rotate(vaulted("db", "never/back"))
    assert not done.failed, done.message
    assert states(done)["web"] == ("updated", "converged")
    assert world.shown("web", "db") == {digest("second")}
