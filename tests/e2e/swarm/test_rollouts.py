# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine says while a service is rolled out and back, and what we make of it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import convergence
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import spec as specs
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.convergence import (
    Assessment,
)

from testbed.services import PATIENCE
from tests.e2e.swarm.engine import BAD, DEADLINE, SECOND, Engine, reference, small_spec

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
        Service,
        Task,
    )

# How long the engine watches a new task: it ends early where a task fails, and a task on a busy
# machine may need seconds to do so. What fails later is no failure of the update to the engine.
PATIENT = 20 * SECOND

T = t.TypeVar("T")

Secret = tuple[str, str]
Assess = t.Callable[["Service", t.Sequence["Task"], t.Collection[str]], Assessment]


@dataclass
class Subject:
    """A service under test."""

    engine: Engine
    id: str

    def swap(self, old: Secret, new: Secret) -> None:
        """Put another secret behind the same file."""
        self.engine.update(
            self.id, lambda service: specs.swap_references(service.raw_spec, {old[0]: new})
        )

    def roll_back(self) -> None:
        """Ask the engine for the spec before."""
        self.engine.go_back(self.id)

    def read(self) -> Service:
        return self.engine.swarm.service(self.id)

    def look(self, expected: Secret, assess: Assess = convergence.assess) -> Assessment:
        """Assess once, tasks first."""
        tasks = self.engine.swarm.tasks([self.id], live_only=True)
        return assess(self.read(), tasks, [expected[0]])

    def follow(
        self,
        expected: Secret,
        assess: Assess = convergence.assess,
        *,
        patience: float = DEADLINE,
    ) -> Assessment:
        """Assess until there is a verdict.

        :param patience: for how long its tasks may keep failing; by default all the time.
        """

        def verdict() -> Assessment | None:
            found = self.look(expected, assess)
            return None if found.state == "progressing" else found

        return self.wait("a verdict on it", verdict, patience=patience)

    def wait(self, what: str, probe: t.Callable[[], T | None], *, patience: float = PATIENCE) -> T:
        """Wait for something of the service."""
        return self.engine.wait_for_service(what, self.id, probe, patience)

    def running_with(self, secret: Secret) -> int:
        """Count the tasks that run with this secret."""
        tasks = self.engine.swarm.tasks([self.id], live_only=True)
        return sum(task.state == "running" and secret[0] in task.secret_ids for task in tasks)


def start(engine: Engine, secret: Secret, **options: t.Any) -> Subject:
    """Create a service with one secret and wait until it runs."""
    spec = small_spec(engine.name("svc"), [reference(secret)], **options)
    subject = Subject(engine, engine.service(spec))
    assert subject.follow(secret, patience=PATIENCE).state == "converged"
    return subject


def test_an_update_converges_when_all_tasks_run_the_new_version(engine: Engine) -> None:
    old, new = engine.secret(), engine.secret()
    subject = start(engine, old, replicas=2)
    assert subject.read().update_state is None
    subject.swap(old, new)
    assert subject.look(new).state == "progressing"
    assert subject.follow(new) == Assessment("converged")
    assert subject.running_with(new) == 2
    assert subject.running_with(old) == 0
    service = subject.read()
    assert service.update_state == "completed"
    assert service.update_started
    assert [one.secret_id for one in service.previous_references] == [old[0]]
    assert convergence.is_settled(service)


def test_a_global_service_converges(engine: Engine) -> None:
    old, new = engine.secret(), engine.secret()
    spec = {**small_spec(engine.name("svc"), [reference(old)]), "Mode": {"Global": {}}}
    spec["UpdateConfig"]["Parallelism"] = 0
    subject = Subject(engine, engine.service(spec))
    count = len(engine.bed.nodes)
    subject.wait("a task on each node", lambda: subject.running_with(old) == count)
    subject.swap(old, new)
    assert subject.follow(new).state == "converged"
    assert subject.running_with(new) == count


def test_without_replicas_an_update_never_gets_a_status_and_converges(engine: Engine) -> None:
    old, new = engine.secret(), engine.secret()
    subject = start(engine, old, replicas=0)
    subject.swap(old, new)
    assert subject.look(new) == Assessment("converged")
    assert subject.read().update_state is None
    subject.roll_back()
    assert subject.follow(old, convergence.assess_rollback).state == "converged"
    assert subject.read().update_state == "rollback_completed"


def test_a_change_of_labels_resets_the_status_and_converges(engine: Engine) -> None:
    old, new = engine.secret(), engine.secret()
    subject = start(engine, old)
    subject.swap(old, new)
    subject.follow(new)
    tasks = {task.id for task in engine.swarm.tasks([subject.id], live_only=True)}
    engine.update(subject.id, lambda service: {**service.raw_spec, "Labels": {"a": "1"}})
    assert subject.read().update_state is None
    assert subject.follow(new).state == "converged"
    assert {task.id for task in engine.swarm.tasks([subject.id], live_only=True)} == tasks


def test_a_failing_update_is_paused_and_can_be_rolled_back(engine: Engine) -> None:
    old, bad = engine.secret(), engine.secret(BAD)
    subject = start(engine, old, replicas=2, Monitor=PATIENT)
    subject.swap(old, bad)
    verdict = subject.follow(bad)
    assert verdict.state == "failed"
    assert verdict.reason.startswith("paused: update paused due to failure")
    assert not verdict.superseded
    tasks = engine.swarm.tasks([subject.id], live_only=False)
    assert convergence.last_task_error(tasks, [bad[0]]) == "task: non-zero exit (1)"
    assert convergence.last_task_error(tasks, [old[0]]) == ""
    service = subject.read()
    assert convergence.is_settled(service)
    assert [one.secret_id for one in service.previous_references] == [old[0]]

    subject.roll_back()
    assert subject.follow(old, convergence.assess_rollback).state == "converged"
    assert subject.running_with(old) == 2
    service = subject.read()
    assert service.update_state == "rollback_completed"
    assert [one.secret_id for one in service.previous_references] == [bad[0]]


def test_the_engines_own_rollback_failed_then_converges_and_forgets_the_spec_before(
    engine: Engine,
) -> None:
    old, bad = engine.secret(), engine.secret(BAD)
    subject = start(engine, old, replicas=2, FailureAction="rollback", Monitor=PATIENT)
    subject.swap(old, bad)
    verdict = subject.follow(bad)
    assert verdict.state == "failed"
    assert verdict.reason.startswith("rollback_")
    assert subject.follow(old, convergence.assess_rollback).state == "converged"
    assert subject.running_with(old) == 2
    service = subject.read()
    assert service.update_state == "rollback_completed"
    assert service.raw_previous_spec is None
    with pytest.raises(errors.DockerError, match="does not have a previous spec"):
        engine.swarm.rollback_service(service)


def test_a_rollback_by_an_ordinary_update_converges(engine: Engine) -> None:
    old, bad = engine.secret(), engine.secret(BAD)
    subject = start(engine, old, Monitor=PATIENT)
    subject.swap(old, bad)
    assert subject.follow(bad).state == "failed"
    engine.update(subject.id, lambda service: back_with_less_patience(service, bad, old))
    assert subject.follow(old, convergence.assess_rollback).state == "converged"
    assert subject.read().update_state == "completed"
    assert subject.running_with(old) == 1


def back_with_less_patience(service: Service, bad: Secret, old: Secret) -> dict[str, t.Any]:
    edited = specs.swap_references(service.raw_spec, {bad[0]: old})
    edited["UpdateConfig"]["Monitor"] = SECOND // 2
    return edited


def test_a_rollback_that_fails_itself_is_told(engine: Engine) -> None:
    """What was fine once is so no more: here the secret before is a bad one as well."""
    bad, worse = engine.secret(BAD), engine.secret(BAD)
    spec = small_spec(engine.name("svc"), [reference(bad)], Monitor=PATIENT)
    spec["RollbackConfig"]["Monitor"] = PATIENT
    subject = Subject(engine, engine.service(spec))
    subject.swap(bad, worse)
    assert subject.follow(worse).state == "failed"

    subject.roll_back()
    verdict = subject.follow(bad, convergence.assess_rollback)
    assert verdict.state == "failed"
    assert verdict.reason.startswith("rollback_paused")

    subject.swap(bad, worse)
    subject.follow(worse)
    subject.swap(worse, bad)
    verdict = subject.follow(bad, convergence.assess_rollback)
    assert verdict.state == "failed"
    assert verdict.reason.startswith("paused")


def test_an_update_by_somebody_else_supersedes_ours(engine: Engine) -> None:
    old, new, theirs = engine.secret(), engine.secret(), engine.secret()
    subject = start(engine, old)
    subject.swap(old, new)
    subject.swap(new, theirs)
    verdict = subject.look(new)
    assert verdict.state == "failed"
    assert verdict.superseded
    assert subject.follow(theirs).state == "converged"


def test_a_task_that_finds_no_node_is_waited_for_with_the_reason(engine: Engine) -> None:
    old, new = engine.secret(), engine.secret()
    subject = start(engine, old)

    def nowhere(service: Service) -> dict[str, t.Any]:
        edited = specs.swap_references(service.raw_spec, {old[0]: new})
        edited["TaskTemplate"]["Placement"] = {"Constraints": ["node.labels.x==nowhere"]}
        return edited

    engine.update(subject.id, nowhere)
    subject.wait(
        "the engine to give the reason",
        lambda: any("no suitable node" in task.error for task in self_tasks(subject)),
    )
    assert subject.look(new).state == "progressing"


def self_tasks(subject: Subject) -> list[Task]:
    return subject.engine.swarm.tasks([subject.id], live_only=True)


def test_an_update_starting_new_tasks_first_converges(engine: Engine) -> None:
    old, new = engine.secret(), engine.secret()
    subject = start(engine, old, replicas=2, Order="start-first", Parallelism=0)
    subject.swap(old, new)
    assert subject.follow(new).state == "converged"
    assert subject.running_with(new) == 2
    assert subject.running_with(old) == 0


def test_a_swap_during_a_rollout_is_followed_to_the_last_version(engine: Engine) -> None:
    old, new, newest = engine.secret(), engine.secret(), engine.secret()
    subject = start(engine, old, replicas=3)
    subject.swap(old, new)
    subject.wait("the rollout to begin", lambda: subject.running_with(new) > 0)
    subject.swap(new, newest)
    assert subject.follow(newest).state == "converged"
    assert subject.running_with(newest) == 3
