# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of a consumer say of a value: only one that ran with it and failed rejects it."""

from __future__ import annotations

import copy
import itertools
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply.verdict import (
    Finding,
    Question,
    Verdict,
    came_up,
    judge,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.consumers import (
    Consumer,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Service, Task
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.responses import parse_task

from tests.unit.plugins.module_utils._rotation.builders import secret_id, service

OLD, NEW = "db_v1", "db_v2"
CRASHED = "task: non-zero exit (1)"
NO_ROOM = "no suitable node (insufficient memory on 1 node)"
NO_PORT = "no suitable node (host-mode port already in use on 1 node)"
NO_IMAGE = "No such image: shop:2"
NO_START = "starting container failed: driver failed programming external connectivity"
UNHEALTHY = "task: non-zero exit (137): dockerexec: unhealthy container"

numbers = itertools.count(1)


def task(  # noqa: PLR0913 - each is one field of a task
    secret: str,
    state: str = "running",
    *,
    slot: int = 1,
    error: str = "",
    desired: str | None = None,
    image: str = "shop:1",
    container: bool = True,
) -> Task:
    """Return a task as the engine lists it, made from the service's template of that time."""
    template = copy.deepcopy(service("web", secret, image=image).raw_spec["TaskTemplate"])
    wanted = "running" if state in {"running", "pending", "preparing", "starting"} else "shutdown"
    return parse_task(
        {
            "ID": f"task-{next(numbers)}",
            "ServiceID": "id-of-web",
            "Slot": slot,
            "NodeID": f"node-{slot}",
            "DesiredState": desired or wanted,
            "Spec": template,
            "Status": {
                "State": state,
                "Err": error,
                "Timestamp": "2026-01-02T00:00:00Z",
                "ContainerStatus": {"ContainerID": "some-container" if container else ""},
            },
        }
    )


def question(*before: Task, template: bool = True, image: str = "shop:1") -> Question:
    """Ask of a service that ran these tasks with the old version, and was moved to the new one."""
    web = service("web", OLD, replicas=2, image=image)
    tasks = before or (task(OLD), task(OLD, slot=2))
    new = frozenset((secret_id(NEW),))
    return Question(
        Consumer(web, tasks), web.raw_spec["TaskTemplate"] if template else None, new, new
    )


def moved(state: str | None, **more: t.Any) -> Service:
    return service("web", NEW, previous=[OLD], state=state, **more)


def found(verdict: Verdict) -> Finding:
    return verdict.finding


@pytest.mark.parametrize("error", [CRASHED, UNHEALTHY])
@pytest.mark.parametrize("state", ["paused", "rollback_started", "rollback_completed"])
def test_a_task_that_ran_with_it_and_failed_rejects_it(state: str, error: str) -> None:
    tasks = [task(NEW, "failed", error=error), task(OLD, slot=2)]
    web = service("web", OLD, state=state) if "rollback" in state else moved(state)
    seen = judge(question(), web, tasks)
    assert found(seen) is Finding.REJECTED
    assert error in seen.reason


def test_a_task_that_ended_well_though_it_should_run_on_rejects_it_as_well() -> None:
    tasks = [task(NEW, "complete"), task(OLD, slot=2)]
    assert found(judge(question(), moved("paused"), tasks)) is Finding.REJECTED


@pytest.mark.case("S3")
@pytest.mark.parametrize(
    ("state", "error"),
    [("pending", NO_PORT), ("rejected", NO_IMAGE), ("failed", NO_START), ("pending", NO_ROOM)],
)
@pytest.mark.parametrize("update", ["paused", "rollback_completed"])
def test_a_task_that_never_ran_says_nothing_of_it(update: str, state: str, error: str) -> None:
    tasks = [task(NEW, state, error=error), task(OLD, slot=2)]
    web = service("web", OLD, state=update) if "rollback" in update else moved(update)
    seen = judge(question(), web, tasks)
    assert found(seen) is Finding.NEVER_RAN
    assert error in seen.reason


@pytest.mark.case("S3")
def test_a_task_that_was_stopped_before_it_could_start_never_ran() -> None:
    tasks = [task(NEW, "shutdown", container=False), task(OLD, slot=2)]
    assert found(judge(question(), moved("paused"), tasks)) is Finding.NEVER_RAN


@pytest.mark.case("S3")
def test_what_waits_for_a_node_until_the_time_is_up_never_ran() -> None:
    tasks = [task(NEW, "pending", error=NO_PORT), task(OLD), task(OLD, slot=2)]
    web = moved("updating")
    assert found(judge(question(), web, tasks)) is Finding.PROGRESSING
    assert found(judge(question(), web, tasks, late=True)) is Finding.NEVER_RAN


@pytest.mark.case("S3")
def test_where_one_task_has_come_up_a_missing_node_is_only_late() -> None:
    tasks = [task(NEW), task(NEW, "pending", slot=2, error=NO_ROOM)]
    assert found(judge(question(), moved("updating"), tasks, late=True)) is Finding.PROGRESSING


@pytest.mark.case("S6")
def test_a_broken_image_is_not_the_values_fault() -> None:
    tasks = [task(NEW, "failed", error=CRASHED, image="shop:broken"), task(OLD, slot=2)]
    web = moved("paused", image="shop:broken")
    assert found(judge(question(), web, tasks)) is Finding.GIVEN_UP


@pytest.mark.case("S6")
def test_without_knowing_what_ran_before_nothing_is_rejected() -> None:
    tasks = [task(NEW, "failed", error=CRASHED)]
    assert found(judge(question(template=False), moved("paused"), tasks)) is Finding.GIVEN_UP


def test_an_update_that_is_given_up_for_no_known_reason_rejects_it() -> None:
    assert found(judge(question(), moved("paused"), [task(OLD)])) is Finding.REJECTED


def test_scaling_meanwhile_changes_nothing_about_a_task_that_failed() -> None:
    web = service("web", NEW, previous=[NEW], state="paused", replicas=5)
    assert found(judge(question(), web, [task(NEW, "failed", error=CRASHED)])) is Finding.REJECTED


def test_a_service_that_was_broken_before_says_nothing_of_it() -> None:
    before = [task(OLD, "failed", error=CRASHED), task(OLD, "starting")]
    tasks = [task(NEW, "failed", error=CRASHED)]
    seen = judge(question(*before), moved("paused"), tasks)
    assert found(seen) is Finding.GIVEN_UP
    assert "no task of it ran before" in seen.reason


def test_what_an_earlier_run_has_moved_is_not_what_ran_before() -> None:
    crashed = task(NEW, "failed", error=CRASHED)
    seen = judge(question(crashed, task(OLD, "shutdown")), moved("paused"), [crashed])
    assert found(seen) is Finding.REJECTED


def test_a_gap_that_the_value_itself_has_made_is_not_one_from_before() -> None:
    before = [task(NEW), task(NEW, "failed", slot=2, error=CRASHED), task(NEW, "starting", slot=2)]
    seen = judge(question(*before), moved("updating"), before, late=True)
    assert found(seen) is Finding.REJECTED


@pytest.mark.case("S4")
def test_what_was_missing_before_is_told_as_such() -> None:
    before = [task(OLD), task(OLD, "pending", slot=2, error=NO_ROOM)]
    tasks = [task(NEW), task(NEW, "pending", slot=2, error=NO_ROOM)]
    seen = judge(question(*before), moved("updating"), tasks)
    assert (found(seen), seen.mixed) == (Finding.DEGRADED, False)
    assert "1 of its 2 tasks did not run before the run either" in seen.reason


@pytest.mark.case("S4")
def test_as_long_as_an_old_task_runs_it_is_not_as_good_as_before() -> None:
    before = [task(OLD), task(OLD, "pending", slot=2, error=NO_ROOM)]
    tasks = [task(OLD), task(NEW, "pending", slot=2, error=NO_ROOM)]
    assert found(judge(question(*before), moved("updating"), tasks)) is Finding.PROGRESSING


@pytest.mark.case("S4")
@pytest.mark.parametrize(
    "its_turn",
    [
        pytest.param([task(OLD, "starting", slot=2)], id="the task before restarts still"),
        pytest.param([task(NEW, "starting", slot=2)], id="its first one starts"),
        pytest.param(
            [task(NEW, "assigned", slot=2, desired="ready")],
            id="its first one waits for the one before",
        ),
    ],
)
def test_a_place_that_has_yet_to_get_its_task_may_be_whole_at_the_end(its_turn: list[Task]) -> None:
    before = [task(OLD), task(OLD, "failed", slot=2, error=CRASHED), task(OLD, "starting", slot=2)]
    tasks = [task(NEW), *its_turn]
    assert found(judge(question(*before), moved("updating"), tasks)) is Finding.PROGRESSING
    assert found(judge(question(*before), moved("updating"), tasks, late=True)) is Finding.DEGRADED


@pytest.mark.case("S4")
@pytest.mark.parametrize("late", [False, True])
def test_what_runs_whole_while_the_engine_still_watches_is_not_what_it_was_before(
    late: bool,
) -> None:
    before = [task(OLD), task(OLD, "failed", slot=2, error=CRASHED), task(OLD, "starting", slot=2)]
    whole = [task(NEW), task(NEW, slot=2)]
    seen = judge(question(*before), moved("updating"), whole, late=late)
    assert found(seen) is Finding.PROGRESSING


def test_a_task_on_a_node_that_is_on_pause_is_named_and_rejects_nothing() -> None:
    tasks = [task(NEW), task(OLD, slot=2)]
    seen = judge(question(), moved("completed"), tasks)
    assert (found(seen), seen.mixed) == (Finding.DEGRADED, True)
    assert "node-2" in seen.reason


@pytest.mark.case("S2")
def test_a_rollout_that_is_only_slow_is_never_a_rejection() -> None:
    tasks = [task(NEW), task(OLD, slot=2)]
    assert found(judge(question(), moved("updating"), tasks, late=True)) is Finding.PROGRESSING
    assert came_up(question(), tasks) == 1


def test_a_crash_loop_that_the_engine_tolerates_is_a_rejection_in_the_end() -> None:
    tasks = [task(NEW, "failed", error=CRASHED), task(NEW, "starting"), task(NEW, slot=2)]
    web = moved("updating")
    assert found(judge(question(), web, tasks)) is Finding.PROGRESSING
    assert found(judge(question(), web, tasks, late=True)) is Finding.REJECTED


def test_one_crash_that_was_made_good_is_no_rejection_of_what_is_late_elsewhere() -> None:
    tasks = [
        task(NEW, "failed", error=CRASHED),
        task(NEW),
        task(NEW, "preparing", slot=2),
    ]
    assert found(judge(question(), moved("updating"), tasks, late=True)) is Finding.PROGRESSING


def test_tasks_that_do_not_keep_running_are_a_rejection_in_the_end() -> None:
    tasks = [task(NEW, "failed", error=CRASHED), task(NEW), task(NEW, slot=2)]
    seen = judge(question(), moved("completed"), tasks, steady=False, late=True)
    assert found(seen) is Finding.REJECTED
    assert "do not keep running" in seen.reason


def test_all_tasks_with_it_have_converged() -> None:
    tasks = [task(NEW), task(NEW, slot=2), task(OLD, "shutdown")]
    assert found(judge(question(), moved("completed"), tasks)) is Finding.CONVERGED


def test_one_that_was_rolled_back_to_it_by_a_later_update_has_converged() -> None:
    tasks = [task(NEW), task(NEW, slot=2), task(NEW, "failed", error=CRASHED, image="shop:2")]
    web = service("web", NEW, state="rollback_completed")
    assert found(judge(question(), web, tasks)) is Finding.CONVERGED


def test_one_that_no_longer_refers_to_it_was_changed_by_somebody_else() -> None:
    web = service("web", "db_v9", previous=[NEW], state="updating")
    assert found(judge(question(), web, [])) is Finding.SUPERSEDED
