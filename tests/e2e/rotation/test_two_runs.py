# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs at once, from two managers, do not harm each other.

The second run takes place as a whole at one moment of the first: between any two of its calls, so
that whatever the first one has read may be out of date. ``SWARMVAULT_MOMENTS=every`` takes every
look of the waiting loop as well.
"""

from __future__ import annotations

import random
import time
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SwarmVaultError,
)

from tests.e2e.support.calls import Call, Moment, moments
from tests.e2e.support.jobs import Job
from tests.e2e.support.scenarios import (
    AdoptionOfAHandMadeSecret,
    FailingValue,
    FourthVersion,
    Retirement,
    RolledBack,
    Scenario,
    TwoSecretsOnTwoConsumers,
    completed,
)
from tests.e2e.support.scene import Scene, Seen, at_each, scene

if t.TYPE_CHECKING:
    from testbed import Bed
    from tests.e2e.support.world import World

SEED = 20260101

Ending = Seen | SwarmVaultError


def learn(bed: Bed, scenario: Scenario) -> list[Call]:
    """Carry the job out undisturbed; return its calls."""
    with scene(bed, "learn") as place:
        return place.run(scenario.prepare(place), manager=0).recorder.calls


def interleaved(
    place: Scene, job: Job, moment: Moment, second: t.Callable[[], Seen]
) -> tuple[Ending, Ending]:
    """Carry the job out, and at that moment the second run as a whole; return how both ended.

    Any other exception than one of the collection's own goes through: an error must be clear.
    """
    seconds: list[Ending] = []

    def at(now: Moment) -> None:
        if now == moment and not seconds:
            seconds.append(_caught(second))

    first = _caught(lambda: place.run(job, 0, at))
    # How often a run looks while it waits differs: it may be done before that look.
    return first, seconds[0] if seconds else _caught(second)


def _caught(run: t.Callable[[], Seen]) -> Ending:
    try:
        return run()
    except SwarmVaultError as error:
        return error


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(TwoSecretsOnTwoConsumers(), id="rotation_of_two_secrets_on_two_consumers"),
        pytest.param(AdoptionOfAHandMadeSecret(), id="adoption_of_a_hand_made_secret"),
        pytest.param(Retirement(), id="retirement_by_keep_versions"),
        pytest.param(RolledBack(), id="state_rolled_back_goes_exactly_one_version_back"),
    ],
)
def test_the_same_job_run_as_a_whole_within_another_run_does_no_harm_at_any_moment(
    world: World, scenario: Scenario
) -> None:
    calls = learn(world.bed, scenario)

    def play(prefix: str, moment: Moment) -> None:
        with scene(world.bed, prefix) as place:
            job = scenario.prepare(place)
            first, second = interleaved(place, job, moment, lambda: place.run(job, 1))
            for ended in (first, second):
                assert isinstance(ended, Seen), ended
                scenario.check_report(ended.report)
            # Both are done: there is nothing left even for the next run.
            completed(place, scenario, job)

    at_each(moments(calls), play)


@pytest.mark.parametrize("failure_action", ["pause", "rollback"])
def test_a_failing_value_seen_by_two_runs_at_once_ends_with_the_old_value_everywhere(
    world: World, failure_action: str
) -> None:
    scenario = FailingValue(failure_action)
    calls = learn(world.bed, scenario)

    def play(prefix: str, moment: Moment) -> None:
        with scene(world.bed, prefix) as place:
            job = scenario.prepare(place)
            bad = place.name("db_v2")
            early = place.world.inspect(place.name("early"))["ID"]
            first, second = interleaved(place, job, moment, lambda: place.run(job, 1))
            tries = [
                call.subject
                for ended in (first, second)
                if isinstance(ended, Seen)
                for call in ended.recorder.answered
                if call.kind == "POST /services/ID/update" and bad in call.secrets
            ]
            completed(place, scenario, job)
            assert tries == [early]
            for ended in (first, second):
                assert isinstance(ended, Seen), ended
                scenario.check_report(ended.report)

    at_each(moments(calls), play)


def test_a_newer_value_rotated_within_another_run_is_what_everything_runs_in_the_end(
    world: World,
) -> None:
    scenario = TwoSecretsOnTwoConsumers()
    calls = learn(world.bed, scenario)

    def play(prefix: str, moment: Moment) -> None:
        with scene(world.bed, prefix) as place:
            job = scenario.prepare(place)

            def newer() -> Seen:
                place.world.put(place.name("db"), password="newest-db")
                return place.run(job, 1)

            _ended_clearly(*interleaved(place, job, moment, newer))
            following = place.run(job, manager=2).report
            assert not following.failed, following.message

            shop = place.runs("shop", db="newest-db", api="new-api")
            assert place.runs("mail", db="newest-db") == {"db": shop["db"]}
            _one_version_per_source_version(place, "db", shop["db"], latest=3)
            _one_version_per_source_version(place, "api", shop["api"], latest=2)
            assert place.run(job, manager=0).writes == []

    at_each(moments(calls), play)


def test_going_back_on_demand_within_another_run_leaves_no_consumer_on_a_rejected_version(
    world: World,
) -> None:
    scenario = FourthVersion()
    calls = learn(world.bed, scenario)

    def play(prefix: str, moment: Moment) -> None:
        with scene(world.bed, prefix) as place:
            job = scenario.prepare(place)
            back = Job({place.name("db"): ""}, {"state": "rolled_back"})
            first, second = interleaved(place, job, moment, lambda: place.run(back, 1))
            _ended_clearly(first, second)
            following = place.run(job, manager=2).report
            assert not following.failed, following.message

            # Before version 4 was made, going back was from 3 to 2, and then came version 4.
            assert isinstance(second, Seen), second
            went_to = second.report.secrets[0].current
            number = 4 if went_to == place.name("db_v2") else 3
            for service in ("shop", "mail"):
                found = place.runs(service, db=f"value-{number}")
                assert found == {"db": f"db_v{number}"}, (found, place.statuses("db"))
            rejected = {"v4": "quarantined"} if number == 3 else {}
            statuses = place.statuses("db")
            assert {**statuses, **rejected} == statuses, statuses
            assert "pending" not in statuses.values(), statuses
            assert place.run(job, manager=0).writes == []

    at_each(moments(calls), play)


def _ended_clearly(*runs: Ending) -> None:
    """Check that each run ended well or says why not."""
    for ended in runs:
        if isinstance(ended, SwarmVaultError):
            assert ended.remedy, ended
        elif ended.report.failed:
            assert ended.report.message


def _one_version_per_source_version(place: Scene, plain: str, current: str, latest: int) -> None:
    """Check that nothing is left over and the current version is of the latest source version."""
    versions = place.versions(plain)
    sources = [labels["swarmvault.source_version"] for labels in versions.values()]
    assert len(set(sources)) == len(sources), versions
    newest = next(reversed(versions))
    assert current == f"{plain}_{newest}", (current, versions)
    assert versions[newest]["swarmvault.source_version"] == str(latest)
    # One that was overtaken before it had converged stays only for a consumer's way back.
    needed = {
        entry["SecretName"]
        for service in ("shop", "mail")
        for entry in place.previous_references(service)
    }
    kept = {
        version
        for version, labels in versions.items()
        if labels["swarmvault.status"] == "active" or place.name(f"{plain}_{version}") in needed
    }
    assert kept == set(versions), (needed, versions)
    assert sum(labels["swarmvault.status"] == "active" for labels in versions.values()) == 2


def test_two_processes_started_at_about_the_same_time_both_end_well(world: World) -> None:
    scenario = TwoSecretsOnTwoConsumers()
    generator = random.Random(SEED)  # noqa: S311 - only to spread the starts
    offsets = [round(generator.uniform(0, 0.5), 3) for _i in range(12)]

    def play(prefix: str, offset: float) -> None:
        with scene(world.bed, prefix) as place:
            job = scenario.prepare(place)
            first = place.process(job, 0)
            time.sleep(offset)  # the one thing that differs from play to play
            second = place.process(job, 1)
            for process in (first, second):
                ended = process.end()
                assert ended.code == 0, ended.errors
                assert ended.report is not None
                assert not ended.report["failed"], ended.report
            completed(place, scenario, job)

    at_each(offsets, play)


def test_managers_take_turns_from_run_to_run(world: World) -> None:
    with scene(world.bed, "turns") as place:
        scenario = TwoSecretsOnTwoConsumers()
        job = scenario.prepare(place)
        for manager in (1, 2, 0):
            place.world.put(place.name("db"), password=f"by-{manager}")
            report = place.run(job, manager).report
            assert not report.failed, report.message
            assert place.runs("shop", db=f"by-{manager}") == place.runs("shop", api="new-api")
        assert place.runs("mail", db="by-0") == {"db": "db_v4"}
        assert place.statuses("db") == {"v3": "active", "v4": "active"}
