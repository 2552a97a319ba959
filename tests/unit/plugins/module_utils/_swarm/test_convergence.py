# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a service is, from what the engine says."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import convergence
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.convergence import (
    assess,
    assess_rollback,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
    Reference,
    Service,
    Task,
)

NEW, OLD = "new", "old"


def service(  # noqa: PLR0913 - one keyword for each thing a test varies
    state: str | None = "completed",
    *,
    mode: str = "replicated",
    replicas: int | None = 2,
    secret: str = NEW,
    message: str = "",
    raw_spec: dict[str, t.Any] | None = None,
) -> Service:
    return Service(
        id="svc",
        name="web",
        index=1,
        mode=mode,
        replicas=replicas,
        labels={},
        references=(Reference(secret, secret, "db"), Reference("other", "other", "tls")),
        previous_references=(),
        update_state=state,
        update_message=message,
        update_started="",
        raw_spec=raw_spec or {},
    )


numbers = itertools.count()


def task(  # noqa: PLR0913 - one keyword for each thing a test varies
    secret: str = NEW,
    state: str = "running",
    desired: str = "running",
    *,
    error: str = "",
    slot: str = "1",
    timestamp: str = "2026-01-01T00:00:00Z",
    exit_code: int | None = None,
    service_id: str = "svc",
) -> Task:
    return Task(
        id=f"task{next(numbers)}",
        service_id=service_id,
        slot=slot,
        node_id="node1",
        state=state,
        desired_state=desired,
        error=error,
        secret_ids=frozenset({secret, "other"}),
        created_at="",
        timestamp=timestamp,
        exit_code=exit_code,
    )


def state_of(subject: Service, tasks: t.Sequence[Task]) -> str:
    return assess(subject, tasks, [NEW]).state


@pytest.mark.parametrize("update_state", ["completed", None])
def test_all_tasks_with_the_new_secret_running_is_converged(update_state: str | None) -> None:
    found = assess(service(update_state), [task(), task()], [NEW, "other"])
    assert found == convergence.Assessment("converged", "")


def test_an_update_in_progress_is_waited_for_even_if_all_tasks_run() -> None:
    """The engine still watches them for failures."""
    assert state_of(service("updating"), [task(), task()]) == "progressing"


@pytest.mark.parametrize("update_state", ["completed", None])
def test_a_task_with_the_old_secret_is_waited_for(update_state: str | None) -> None:
    found = assess(service(update_state), [task(), task(OLD)], [NEW])
    assert found.state == "progressing"
    assert found.reason == "1 of 2 tasks have other secrets"


@pytest.mark.parametrize("task_state", ["new", "pending", "preparing", "starting", "failed"])
def test_a_task_that_does_not_run_yet_is_waited_for(task_state: str) -> None:
    tasks = [task(), task(state=task_state, slot="2", error="no\nsuitable node")]
    found = assess(service(), tasks, [NEW])
    assert found.state == "progressing"
    assert found.reason == f"task of slot 2 is {task_state}: no suitable node"


def test_a_task_that_waits_for_its_turn_is_waited_for() -> None:
    assert state_of(service(replicas=1), [task(), task(desired="ready", state="ready")]) == (
        "progressing"
    )


def test_too_few_tasks_are_waited_for() -> None:
    found = assess(service(replicas=3), [task(), task()], [NEW])
    assert (found.state, found.reason) == ("progressing", "2 of 3 tasks are running")


def test_dead_tasks_and_those_of_others_do_not_count() -> None:
    dead = [task(OLD, "shutdown", "shutdown"), task(OLD, "running", "shutdown")]
    assert state_of(service(), [task(), task(), *dead]) == "converged"
    assert state_of(service(), [task(), task(service_id="x")]) == "progressing"


@pytest.mark.parametrize("update_state", ["completed", None])
def test_no_replicas_are_converged_without_any_task(update_state: str | None) -> None:
    assert state_of(service(update_state, replicas=0), []) == "converged"


def test_a_global_service_has_as_many_tasks_as_there_are() -> None:
    subject = service(mode="global", replicas=None)
    assert state_of(subject, [task(slot="")]) == "converged"
    assert state_of(subject, [task(slot=""), task(OLD, slot="")]) == "progressing"
    waiting = assess(subject, [task(slot="", state="pending")], [NEW])
    assert waiting.reason == "task of node node1 is pending"


@pytest.mark.parametrize(
    "update_state", ["paused", "rollback_started", "rollback_paused", "rollback_completed"]
)
def test_a_paused_or_rolled_back_update_failed(update_state: str) -> None:
    subject = service(update_state, message="because of\ntask x", secret=OLD)
    found = assess(subject, [task(), task()], [NEW])
    assert found.state == "failed"
    assert found.reason == f"{update_state}: because of task x"
    assert not found.superseded


def test_a_status_without_words_is_its_own_reason() -> None:
    assert assess(service("paused"), [], [NEW]).reason == "paused"
    assert assess(service("updating"), [], [NEW]).reason == "updating"


@pytest.mark.parametrize("update_state", ["updating", "completed", None])
def test_a_service_that_somebody_else_changed_is_told_apart(update_state: str | None) -> None:
    found = assess(service(update_state, secret="third"), [task(), task()], [NEW])
    assert found.state == "failed"
    assert found.superseded
    assert "somebody else" in found.reason


@pytest.mark.parametrize("update_state", ["rollback_started", "updating"])
def test_a_rollback_in_progress_is_waited_for(update_state: str) -> None:
    assert assess_rollback(service(update_state), [task(), task()], [NEW]).state == "progressing"


@pytest.mark.parametrize("update_state", ["rollback_completed", "completed", None])
def test_a_rollback_by_whatever_means_is_converged_when_its_tasks_run(
    update_state: str | None,
) -> None:
    """The engine calls a rollback completed before its tasks run: seen on 20.10 and 28.5."""
    subject = service(update_state, secret=OLD)
    assert assess_rollback(subject, [task(OLD), task(OLD)], [OLD]).state == "converged"
    assert assess_rollback(subject, [task(OLD), task(NEW)], [OLD]).state == "progressing"
    pending = [task(OLD), task(OLD, "pending")]
    assert assess_rollback(subject, pending, [OLD]).state == "progressing"


@pytest.mark.parametrize("update_state", ["rollback_paused", "paused"])
def test_a_paused_rollback_failed(update_state: str) -> None:
    assert assess_rollback(service(update_state), [task(), task()], [NEW]).state == "failed"


@pytest.mark.parametrize(
    ("update_state", "settled"),
    [
        (None, True),
        ("completed", True),
        ("paused", True),
        ("rollback_paused", True),
        ("rollback_completed", True),
        ("updating", False),
        ("rollback_started", False),
    ],
)
def test_settled_is_what_the_engine_is_done_with(
    update_state: str | None,
    settled: bool,
) -> None:
    assert convergence.is_settled(service(update_state)) is settled


TOLERANT: list[tuple[dict[str, t.Any], float]] = [
    ({}, 0),
    ({"FailureAction": "pause", "Monitor": 2_000_000_000}, 0),
    ({"FailureAction": "rollback", "MaxFailureRatio": 0}, 0),
    ({"FailureAction": "continue", "Monitor": 2_500_000_000}, 2.5),
    ({"FailureAction": "continue"}, 5),
    ({"FailureAction": "continue", "Monitor": 0}, 5),
    ({"FailureAction": "pause", "MaxFailureRatio": 0.5, "Monitor": 1_000_000_000}, 1),
]


@pytest.mark.parametrize(("config", "seconds"), TOLERANT)
def test_tasks_are_watched_where_the_engine_tolerates_failures(
    config: dict[str, t.Any], seconds: float
) -> None:
    strict = {"FailureAction": "pause", "Monitor": 9_000_000_000}
    updated = service("completed", raw_spec={"UpdateConfig": config, "RollbackConfig": strict})
    assert convergence.unwatched_seconds(updated) == seconds
    rolled = {"UpdateConfig": strict, "RollbackConfig": config}
    for state in ("rollback_started", "rollback_completed"):
        assert convergence.unwatched_seconds(service(state, raw_spec=rolled)) == seconds
    assert convergence.unwatched_seconds(service(None, raw_spec={"UpdateConfig": config})) == (
        seconds
    )
    assert convergence.unwatched_seconds(service()) == 0


def test_the_newest_error_of_a_task_with_the_secret_is_the_last_one() -> None:
    """Go cuts trailing zeros: .1 is later than .09, and a whole second earlier than both."""
    tasks = [
        task(error="first", timestamp="2026-01-01T00:00:01Z"),
        task(error="third", timestamp="2026-01-01T00:00:01.1Z"),
        task(error="second", timestamp="2026-01-01T00:00:01.09Z"),
        task(OLD, error="of another version", timestamp="2026-01-01T00:00:09Z"),
        task(timestamp="2026-01-01T00:00:09Z"),
    ]
    assert convergence.last_task_error(tasks, [NEW]) == "third"
    assert convergence.last_task_error(tasks, ["x"]) == ""


def test_an_error_is_one_bounded_line_with_the_exit_code() -> None:
    error = task(error="starting\n container   failed", exit_code=127)
    assert convergence.last_task_error([error], [NEW]) == (
        "starting container failed (exit code 127)"
    )
    known = task(error="task: non-zero exit (3)", exit_code=3)
    assert convergence.last_task_error([known], [NEW]) == "task: non-zero exit (3)"
    long = convergence.last_task_error([task(error="x" * 999)], [NEW])
    assert len(long) == convergence.MAX_ERROR_LENGTH
    assert long.endswith("…")
    full = "x" * convergence.MAX_ERROR_LENGTH
    assert convergence.last_task_error([task(error=full)], [NEW]) == full
