# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of a service tell before it is touched."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.consumers import (
    Consumer,
    find_rejected,
    maybe_rejected_by,
    to_be_tried_singly,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Service, Task

from tests.unit.plugins.module_utils._rotation.apply.test_verdict import (
    CRASHED,
    NO_IMAGE,
    task,
)
from tests.unit.plugins.module_utils._rotation.builders import (
    LATER,
    secret_id,
    service,
    swarm,
    version,
)

WEB = "id-of-web"


def one_shot(condition: str, *tasks: Task, **more: t.Any) -> Consumer:
    web = service("web", "db_v1", **more)
    spec = dict(web.raw_spec)
    template = {**spec["TaskTemplate"], "RestartPolicy": {"Condition": condition}}
    spec["TaskTemplate"] = template
    return Consumer(dataclasses.replace(web, raw_spec=spec), tasks)


@pytest.mark.case("S1")
@pytest.mark.parametrize("condition", ["none", "on-failure"])
def test_a_service_whose_task_ended_by_design_is_a_one_shot(condition: str) -> None:
    assert one_shot(condition, task("db_v1", "complete")).is_one_shot


@pytest.mark.case("S1")
def test_a_daemon_that_is_restarted_on_failure_only_is_none() -> None:
    assert not one_shot("on-failure", task("db_v1")).is_one_shot
    assert not one_shot("any", task("db_v1", "complete")).is_one_shot


@pytest.mark.case("S1")
def test_what_a_scheduler_starts_is_one_while_it_runs() -> None:
    assert one_shot("none", task("db_v1"), labels={"swarm.cronjob.enable": "true"}).is_one_shot


def test_a_service_that_failed_to_run_any_task_is_broken_and_a_new_one_is_not() -> None:
    web = service("web", "db_v1")
    assert Consumer(
        web, (task("db_v1", "starting"), task("db_v1", "failed", error=CRASHED))
    ).is_broken
    assert not Consumer(web, (task("db_v1", "starting"),)).is_broken


@pytest.mark.case("S5")
def test_what_the_engine_has_completed_has_converged_whatever_is_missing_now() -> None:
    web = service("web", "db_v2", previous=["db_v1"], state="completed")
    lost = (task("db_v2"), task("db_v2", "pending", slot=2, error="no suitable node"))
    assert Consumer(web, lost).has_converged([secret_id("db_v2")])
    assert not Consumer(web, (task("db_v1"),)).has_converged([secret_id("db_v2")])
    assert not Consumer(web, (), looked=False).has_converged([secret_id("db_v2")])


def killed(web: Service, *tasks: Task) -> SwarmState:
    """A run was killed that had moved a service, which went back meanwhile."""
    state = swarm(version("db", 1), version("db", 2, status="pending"), web)
    return state.with_tasks([WEB], tasks)


def went_back(**more: t.Any) -> Service:
    return service("web", "db_v1", state="rollback_completed", started=LATER, **more)


def test_a_version_whose_task_ran_and_failed_was_rejected() -> None:
    failed = task("db_v2", "failed", error=CRASHED)
    assert find_rejected(["db"], killed(went_back(), failed)) == {secret_id("db_v2"): "web"}
    assert maybe_rejected_by(["db"], killed(went_back())) == {WEB}


@pytest.mark.case("S6")
@pytest.mark.parametrize(
    "tasks",
    [
        [task("db_v1", "failed", error=CRASHED, image="shop:broken")],
        [task("db_v2", "failed", error=CRASHED, image="shop:broken")],
        [task("db_v2", "rejected", error=NO_IMAGE)],
        [task("db_v2", "shutdown", container=False)],
    ],
    ids=["never tried", "with a broken image", "never ran", "stopped before it ran"],
)
def test_a_version_that_no_task_failed_with_was_not(tasks: list[Task]) -> None:
    assert find_rejected(["db"], killed(went_back(), task("db_v1"), *tasks)) == {}


def test_what_somebody_went_back_from_was_rejected_although_its_tasks_are_forgotten() -> None:
    web = went_back(previous=["db_v2"])
    assert find_rejected(["db"], killed(web, task("db_v1"))) == {secret_id("db_v2"): "web"}


@pytest.mark.case("S8")
def test_of_several_that_one_update_brought_none_is_rejected_unheard() -> None:
    web = service("web", "db_v1", "api_v1", state="rollback_completed", started=LATER)
    things = [version(name, 1) for name in ("db", "api")]
    pending = [version(name, 2, status="pending") for name in ("db", "api")]
    failed = dataclasses.replace(
        task("db_v2", "failed", error=CRASHED),
        secret_ids=frozenset((secret_id("db_v2"), secret_id("api_v2"))),
        template=service("web", "db_v2", "api_v2").raw_spec["TaskTemplate"],
    )
    state = swarm(*things, *pending, web).with_tasks([WEB], [failed])
    assert find_rejected(["db", "api"], state) == {}
    assert to_be_tried_singly(["db", "api"], state) == {WEB}

    # That one of them runs well elsewhere is no proof: this service alone may reject it.
    well = service("other", "api_v2", state="completed")
    state = swarm(*things, *pending, web, well).with_tasks([WEB], [failed])
    assert find_rejected(["db", "api"], state) == {}
    assert to_be_tried_singly(["db", "api"], state) == {WEB}
