# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at any moment, the next run on another manager completes the job.

Each job is carried out once undisturbed to learn its calls to the engine and to OpenBao. Then, for
each moment between them, a new copy of the same observation is made, a process carries the job out
and kills itself with SIGKILL at that moment, and the next run follows at once.
``SWARMVAULT_MOMENTS=every`` takes every look of the waiting loop as well.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import typing as t
from collections import Counter

import pytest

from testbed.waiting import wait_for
from tests.e2e.support.calls import AFTER, BEFORE, POLLED, Call, Moment, Recorder, moments
from tests.e2e.support.jobs import Job, Where, perform
from tests.e2e.support.looks import status, update_state
from tests.e2e.support.playbook import Playbook
from tests.e2e.support.scenarios import (
    AdoptionOfAHandMadeSecret,
    FailingValue,
    Retirement,
    RolledBack,
    SameValue,
    Scenario,
    TwoSecretsOnTwoConsumers,
    completed,
)
from tests.e2e.support.scene import Scene, at_each, scene
from tests.e2e.support.world import DEADLINE, SECOND, digest, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed
    from tests.e2e.support.jobs import Ended
    from tests.e2e.support.world import World


def learn(bed: Bed, scenario: Scenario) -> list[Call]:
    """Carry the job out undisturbed; return its calls."""
    with scene(bed, "learn") as place:
        job = scenario.prepare(place)
        seen = place.run(job, manager=0)
        scenario.check_report(seen.report)
        completed(place, scenario, job)
        return seen.recorder.calls


def killed(place: Scene, job: Job, moment: Moment) -> Ended:
    """Carry the job out in a process that dies at a moment."""
    ended = place.process(job, 0, kill=moment).end()
    # How often a run looks while it waits differs: it may be done before that look.
    reached = ended.killed or moment.kind in POLLED
    assert reached, f"it ended with {ended.code}: {ended.report}\n{ended.errors}"
    return ended


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(TwoSecretsOnTwoConsumers(), id="rotation_of_two_secrets_on_two_consumers"),
        pytest.param(AdoptionOfAHandMadeSecret(), id="adoption_of_a_hand_made_secret"),
        pytest.param(Retirement(), id="retirement_by_keep_versions"),
        pytest.param(RolledBack(), id="state_rolled_back_goes_exactly_one_version_back"),
        pytest.param(SameValue(), id="same_value_in_a_new_source_version"),
    ],
)
def test_killed_at_any_moment_the_next_run_completes_the_job_and_leaves_no_orphan(
    world: World, scenario: Scenario
) -> None:
    calls = learn(world.bed, scenario)

    def play(prefix: str, moment: Moment) -> None:
        with scene(world.bed, prefix) as place:
            job = scenario.prepare(place)
            killed(place, job, moment)
            scenario.check_report(place.run(job, manager=1).report)
            completed(place, scenario, job)

    at_each(moments(calls), play)


def test_going_back_killed_on_its_way_is_completed_by_a_scheduled_run_as_well(
    world: World,
) -> None:
    scenario = RolledBack()
    points = moments(learn(world.bed, scenario))
    # It begins by noting that the version is rejected.
    begun = points.index(Moment(BEFORE, "POST /services/ID/update", 1))

    def play(prefix: str, moment: Moment) -> None:
        with scene(world.bed, prefix) as place:
            killed(place, scenario.prepare(place), moment)
            scheduled = Job({place.name("db"): place.name("db")})
            report = place.run(scheduled, manager=1).report
            assert not report.failed, report.message
            completed(place, scenario, scheduled)

    at_each(points[begun:], play)


@dataclasses.dataclass(frozen=True)
class _Timing:
    """A moment to die, and whether the next run comes only after the engine did what it can."""

    moment: Moment
    later: bool

    def __str__(self) -> str:
        return f"{self.moment}, the next run {'much later' if self.later else 'at once'}"


@pytest.mark.parametrize("failure_action", ["pause", "rollback"])
def test_killed_at_any_moment_a_failing_value_is_tried_once_and_the_old_one_runs(
    world: World, failure_action: str
) -> None:
    scenario = FailingValue(failure_action)
    calls = learn(world.bed, scenario)

    def play(prefix: str, timing: _Timing) -> None:
        with scene(world.bed, prefix) as place:
            job = scenario.prepare(place)
            early = place.world.inspect(place.name("early"))["ID"]
            ended = killed(place, job, timing.moment)
            if timing.later:
                _wait_until_given_up(place)
            seen = place.run(job, manager=1)
            scenario.check_report(seen.report)
            completed(place, scenario, job)
            tries = _tries(place, [*_made(ended, timing.moment), *seen.recorder.calls])
            assert tries == Counter({early: 1})

    at_each(_timings(moments(calls)), play)


def _timings(points: list[Moment]) -> list[_Timing]:
    """Let the next run come at once, and also later where the engine goes on by itself."""
    left_behind = [
        point
        for point in points
        if point.when == AFTER and point.kind.startswith("POST /services/ID/update")
    ]
    return [_Timing(point, later=False) for point in points] + [
        _Timing(point, later=True) for point in left_behind
    ]


def _made(ended: Ended, moment: Moment) -> t.Sequence[Call]:
    """Return the calls a run really made: it may have died right before its last one."""
    return ended.calls[:-1] if ended.killed and moment.when == "before" else ended.calls


def _tries(place: Scene, calls: t.Iterable[Call]) -> Counter[str]:
    """Count how often the failing version was sent to each consumer."""
    bad = place.name("db_v2")
    # A rollback sends the present spec along, which the engine then swaps with the one before.
    return Counter(
        call.subject
        for call in calls
        if call.kind == "POST /services/ID/update" and bad in call.secrets
    )


def _wait_until_given_up(place: Scene) -> None:
    """Wait until the engine is done with what the killed run has sent."""

    def settled() -> bool:
        status = place.world.inspect(place.name("early")).get("UpdateStatus") or {}
        return status.get("State") in {"paused", "rollback_completed"}

    wait_for("the engine to be done", settled, timeout=DEADLINE, interval=0.1)


def test_the_module_killed_in_the_middle_of_a_rollout_is_completed_by_the_next_playbook_run(
    world: World, tmp_path: Path
) -> None:
    world.put("killed/db", password="old")
    world.rotate(vaulted("db", "killed/db"))
    # The engine watches each new task for so long: the rollout cannot end before.
    world.service("web", {"db": "db_v1"}, replicas=2, update={"Monitor": 5 * SECOND})
    world.put("killed/db", password="new")
    secrets = [{"name": "db", "vault_path": "killed/db", "vault_field": "password"}]

    first = Playbook(_folder(tmp_path, "first"), {**_connections(world, 0), "secrets": secrets})
    process = first.module_process()
    wait_for(
        "the rollout", lambda: update_state(world, "web") == "updating", timeout=60, interval=0.05
    )
    os.kill(process, signal.SIGKILL)
    code, output = first.end()
    assert code != 0, output
    assert status(world, "db_v2") == "pending"

    second = Playbook(_folder(tmp_path, "second"), {**_connections(world, 1), "secrets": secrets})
    code, output = second.end()
    assert code == 0, output
    assert world.references("web") == {"db": "db_v2"}
    assert world.shown("web", "db") == {digest("new")}
    assert (world.names(), status(world, "db_v2")) == (["db_v1", "db_v2"], "active")


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def _connections(world: World, manager: int) -> dict[str, t.Any]:
    where = Where.of(world.bed, manager)
    return {**where.docker, **where.vault}


def test_a_manager_that_dies_while_a_run_talks_to_it_is_no_loss(world: World) -> None:
    world.put("killed/db", password="old")
    world.rotate(vaulted("db", "killed/db"))
    on_worker = {"Placement": {"Constraints": ["node.role==worker"]}}
    world.service("web", {"db": "db_v1"}, task=on_worker, update={"Monitor": 3 * SECOND})
    world.put("killed/db", password="new")
    # Not the first one: the looks of this test go there.
    dying = world.bed.managers[2]
    job = Job({"db": "killed/db"}, {"wait_timeout": 5})

    def kill(moment: Moment) -> None:
        if moment == Moment(AFTER, "POST /services/ID/update", 1):
            dying.kill()

    where = Where.of(world.bed, 2)
    quick = dataclasses.replace(where, docker={**where.docker, "timeout": 5})
    report = perform(job, quick, Recorder(kill))
    assert report.failed
    assert dying.docker_host in report.message
    assert status(world, "db_v2") == "pending"

    other = Where.of(world.bed, 1)
    following = perform(job.with_options(wait_timeout=60), other, Recorder())
    assert not following.failed, following.message
    assert world.references("web") == {"db": "db_v2"}
    assert (world.names(), status(world, "db_v2")) == (["db_v1", "db_v2"], "active")
