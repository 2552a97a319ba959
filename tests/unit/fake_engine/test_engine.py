# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fake engine does that the contract with the real ones does not show, or not in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fake_engine.contract import SCENES, Scene
from tests.fake_engine.contract_fake import fake_stage
from tests.fake_engine.model import SECOND
from tests.fake_engine.scenario import Scenario


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_every_scene_of_the_contract_ends_on_the_fake(scene: Scene) -> None:
    stage = fake_stage()
    scene(stage)
    stage.clean()
    assert stage.notes


@pytest.fixture
def scenario() -> Scenario:
    """A Swarm with two secrets."""
    found = Scenario()
    for name, value in (("pw_a", "a"), ("pw_b", "b")):
        found.secret(name, value)
    return found


def test_an_update_has_no_status_until_the_orchestrator_sees_it(scenario: Scenario) -> None:
    scenario.service("web", "pw_a")
    scenario.refer("web", "pw_a", "pw_b")
    assert scenario.the_service("web").state is None
    scenario.clock.sleep(0.1)
    assert scenario.the_service("web").state == "updating"
    scenario.engine.settle()
    assert scenario.the_service("web").state == "completed"


def test_tasks_are_updated_one_by_one_with_a_delay(scenario: Scenario) -> None:
    scenario.service("web", "pw_a", replicas=3, update={"Delay": 60 * SECOND})
    scenario.refer("web", "pw_a", "pw_b")
    scenario.clock.sleep(50)
    assert _versions(scenario) == ["pw_a", "pw_a", "pw_b"]
    scenario.clock.sleep(60)
    assert _versions(scenario) == ["pw_a", "pw_b", "pw_b"]
    assert scenario.the_service("web").state == "updating"
    scenario.engine.settle()
    # The last task's Delay as well, and one second more than it: so it is in swarmkit.
    assert scenario.clock.monotonic() > 180
    assert _versions(scenario) == ["pw_b", "pw_b", "pw_b"]


def _versions(scenario: Scenario) -> list[str]:
    names = [
        entry["SecretName"]
        for task in scenario.tasks("web", "running")
        for entry in task.template["ContainerSpec"]["Secrets"]
    ]
    return sorted(names)


def test_a_failure_after_the_monitor_period_is_no_failure_of_the_update(
    scenario: Scenario,
) -> None:
    scenario.service("web", "pw_a")
    scenario.behaviour.rejects("web", b"b", after=3.0)
    scenario.refer("web", "pw_a", "pw_b")
    scenario.clock.sleep(10)
    assert scenario.the_service("web").state == "completed"
    assert len(scenario.tasks("web", "failed")) > 0


def test_a_failure_that_nobody_looks_at_while_the_last_task_is_still_coming_up(
    scenario: Scenario,
) -> None:
    """The updater waits for its workers and reads no failure meanwhile; then it is too late."""
    scenario.service("web", "pw_a", replicas=2, update={"Parallelism": 2})
    scenario.behaviour.rules.append(
        lambda subject, fate: (
            replace(fate, exits=0.1) if subject.slot == 1 else replace(fate, start=300.0)
        )
    )
    scenario.refer("web", "pw_a", "pw_b")
    scenario.clock.sleep(290)
    assert len(scenario.tasks("web", "failed")) > 2
    assert scenario.the_service("web").state == "updating"
    scenario.clock.sleep(20)
    assert scenario.the_service("web").state == "completed"


def test_a_lost_node_gives_its_tasks_to_others_and_ends_them_when_it_is_back(
    scenario: Scenario,
) -> None:
    scenario.service("web", "pw_a", replicas=4)
    node = scenario.engine.lose("w1")
    scenario.engine.settle()
    lost = [task for task in scenario.tasks("web") if task.node_id == node.id]
    assert [(task.state.text, task.desired.text) for task in lost] == [("running", "shutdown")]
    living = [task for task in scenario.tasks("web", "running") if task.desired.text == "running"]
    assert len(living) == 4
    assert node.id not in {task.node_id for task in living}
    scenario.engine.find("w1")
    scenario.engine.settle()
    assert lost[0].state.text == "shutdown"


def test_tasks_of_a_node_that_stays_lost_are_called_orphaned_after_a_day(
    scenario: Scenario,
) -> None:
    scenario.service("web", "pw_a", replicas=4)
    scenario.engine.lose("w1")
    scenario.clock.sleep(25 * 3600)
    scenario.relabel("web", a="1")
    scenario.engine.settle()
    assert len(scenario.tasks("web", "orphaned")) == 1


def test_an_old_task_takes_its_grace_period_to_stop(scenario: Scenario) -> None:
    scenario.behaviour.always("web", stop=3600.0)
    scenario.service("web", "pw_a", grace=20.0)
    scenario.refer("web", "pw_a", "pw_b")
    scenario.clock.sleep(15)
    assert _versions(scenario) == ["pw_a"]
    scenario.engine.settle()
    assert _versions(scenario) == ["pw_b"]
