# SPDX-License-Identifier: GPL-3.0-or-later
"""When the plugin rotates, and that nothing but the order to stop ends it."""

from __future__ import annotations

import itertools
import threading
import typing as t

import pytest
from swarmvault_core._common.errors import DockerError, InputError
from swarmvault_core._rotation.report import Report, SecretReport
from swarmvault_secretprovider import rotation as rotation_module
from swarmvault_secretprovider.rotation import (
    AFTER_A_FAULT,
    LONGEST_START,
    LOOK_EVERY,
    LOOK_IN_RUN_EVERY,
    TAKE_UP_AFTER,
    Rotation,
)

from tests.unit.secretprovider.rotation_support import (
    AWAY,
    INTERVAL,
    Engine,
    Lines,
    VirtualTime,
    connection,
    settings,
)

if t.TYPE_CHECKING:
    from swarmvault_secretprovider.rotation_status import Status
    from swarmvault_secretprovider.settings import Connection

HOUR = 3600.0
CANARY = "canary-value-7f3a"


class Stage:
    """One plugin, its engine and time."""

    def __init__(
        self,
        *connections: Connection,
        lasts: float = HOUR,
        leads: bool | DockerError = True,
        chance: float = 0.0,
    ) -> None:
        self.time = VirtualTime(lasts)
        self.engine = Engine(self.time, leads)
        self.log = Lines()
        self.rotation = Rotation(
            settings(*connections),
            self.log,
            engine=lambda: self.engine,
            system=self.time,
            chance=lambda: chance,
        )

    def set_leads(self, leads: bool | DockerError) -> t.Callable[[], None]:
        def happen() -> None:
            self.engine.leads = leads

        return happen

    def run(self) -> Status:
        self.rotation.run()
        return self.rotation.status()


def replaced(monkeypatch: pytest.MonkeyPatch, run: t.Callable[..., Report]) -> None:
    """Let something else stand for the core's run."""
    monkeypatch.setattr(rotation_module, "rotate", run)


def test_the_leader_rotates_when_it_begins_and_at_each_interval() -> None:
    stage = Stage(lasts=4 * INTERVAL - 1)
    status = stage.run()
    assert stage.engine.runs == [0, INTERVAL, 2 * INTERVAL, 3 * INTERVAL]
    assert (status.runs, status.failures, status.leads) == (4, 0, True)


def test_chance_keeps_managers_and_clusters_from_acting_in_step() -> None:
    for chance in (0.25, 0.999):
        stage = Stage(chance=chance)
        stage.run()
        first, *later = stage.engine.runs
        assert first == pytest.approx(chance * LONGEST_START, abs=0.01)
        gaps = {b - a for a, b in itertools.pairwise([first, *later])}
        assert {round(gap, 6) for gap in gaps} == {round(INTERVAL * (1 + chance / 10), 6)}


@pytest.mark.parametrize("leads", [False, AWAY])
def test_whoever_does_not_lead_only_looks(leads: bool | DockerError) -> None:
    stage = Stage(leads=leads)
    status = stage.run()
    assert stage.engine.runs == []
    assert set(stage.engine.calls) <= {"GET /info", "GET /nodes/n1"}
    assert len(stage.engine.calls) >= HOUR / LOOK_EVERY
    assert status.leads is (None if leads is AWAY else False)
    assert len(stage.log.lines) == 1, "it repeats itself"


def test_a_worker_leaves_it_to_the_leader() -> None:
    stage = Stage()
    stage.engine.info["Swarm"]["ControlAvailable"] = False
    assert stage.run().leads is False
    (line,) = stage.log.lines
    assert line[2]["reason"] == "it is a worker of the swarm"


def test_a_new_leader_takes_up_at_once_what_the_old_one_left() -> None:
    stage = Stage(leads=False, lasts=130.0)
    stage.time.at(102.0, stage.set_leads(True))
    stage.run()
    (run,) = stage.engine.runs
    assert 102.0 <= run <= 102.0 + LOOK_EVERY
    assert stage.log.events() == [
        "rotation: left to the leader",
        "rotation: this node leads and rotates",
    ]


def test_it_waits_for_an_engine_that_does_not_answer_yet() -> None:
    stage = Stage(leads=AWAY, lasts=60.0)
    stage.time.at(31.0, stage.set_leads(True))
    assert stage.run().runs == 1
    assert stage.log.events()[0] == "rotation: waits for the engine"
    assert AWAY.message in stage.log.lines[0][2]["reason"]


def test_it_waits_for_a_socket_that_cannot_be_opened_yet() -> None:
    stage = Stage(lasts=60.0)
    tries = iter([InputError("there is no socket"), InputError("there is no socket")])

    def engine() -> Engine:
        for error in tries:
            raise error
        return stage.engine

    stage.rotation = Rotation(settings(), stage.log, engine=engine, system=stage.time)
    assert stage.run().runs == 1


def test_a_lost_leadership_ends_a_rotation_and_a_regained_one_takes_it_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(lasts=200.0)
    seen: list[tuple[float, float, bool]] = []

    def long_run(*_args: t.Any, clock: t.Any) -> Report:
        began = clock.monotonic()
        while not clock.cancelled() and clock.monotonic() - began < 60:
            clock.sleep(0.25)
        seen.append((began, clock.monotonic(), clock.cancelled()))
        return Report(changed=False, secrets=(), services=(), retired=())

    replaced(monkeypatch, long_run)
    stage.time.at(20.0, stage.set_leads(False))
    stage.time.at(90.0, stage.set_leads(True))
    status = stage.run()

    (began, cut, cancelled), (again, whole, cancelled_again) = seen
    assert (began, cancelled) == (0, True)
    assert 20 <= cut <= 20 + LOOK_IN_RUN_EVERY + 0.25
    assert 90 <= again <= 90 + LOOK_EVERY
    assert (whole - again, cancelled_again) == (60, False)
    # What was cut short was no rotation, neither a good one nor a bad one.
    assert (status.runs, status.failures) == (1, 0)
    assert "rotation: ended early; the leader completes it" in stage.log.events()


def test_what_goes_wrong_since_the_node_leads_no_more_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(lasts=60.0)

    def run(*_args: t.Any, **_more: t.Any) -> Report:
        stage.engine.leads = False
        raise AWAY

    replaced(monkeypatch, run)
    status = stage.run()
    assert (status.runs, status.failures) == (0, 0)
    assert "rotation: ended early; the leader completes it" in stage.log.events()


def test_an_election_that_the_leader_wins_costs_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(lasts=100.0)
    began: list[float] = []

    def long_run(*_args: t.Any, clock: t.Any) -> Report:
        began.append(clock.monotonic())
        while not clock.cancelled() and clock.monotonic() - began[-1] < 30:
            clock.sleep(0.25)
        return Report(changed=False, secrets=(), services=(), retired=())

    replaced(monkeypatch, long_run)
    stage.time.at(20.0, stage.set_leads(AWAY))
    stage.time.at(22.0, stage.set_leads(True))
    stage.run()
    assert len(began) == 2
    assert began[1] <= 22 + TAKE_UP_AFTER * 1.1


@pytest.mark.parametrize(
    "failure", [AWAY, ValueError(f"not a number: {CANARY}"), RecursionError(CANARY)]
)
def test_a_failure_is_told_and_the_next_rotation_is_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    stage = Stage(lasts=INTERVAL + 1)
    tries = iter([failure])
    first: list[str] = []
    stage.time.at(1.0, lambda: first.append(stage.rotation.status().last_error))

    def run(*_args: t.Any, **_more: t.Any) -> Report:
        for error in tries:
            raise error
        return Report(changed=False, secrets=(), services=(), retired=())

    replaced(monkeypatch, run)
    status = stage.run()
    assert (status.runs, status.failures) == (2, 1)
    assert (status.last_failure, status.last_success) == (
        stage.time.now().timestamp() - stage.time.monotonic(),
        stage.time.now().timestamp() - stage.time.monotonic() + INTERVAL,
    )
    assert first
    assert status.last_error == ""
    told = [line for line in stage.log.lines if line[0] == "error"]
    assert len(told) == 1
    # The log itself tells where an error came from, without its text.
    told[0][2].pop("exc_info", None)
    assert CANARY not in repr((told, first))


def test_an_error_outside_of_a_rotation_does_not_end_the_thread() -> None:
    stage = Stage(lasts=AFTER_A_FAULT + 1)
    stage.engine.info = {}
    broken: t.Any = {"Swarm": {"LocalNodeState": "active", "ControlAvailable": True}}
    stage.engine.info = broken  # without a NodeID
    good = {"Swarm": {**broken["Swarm"], "NodeID": "n1"}}
    stage.time.at(12.0, lambda: setattr(stage.engine, "info", good))
    assert stage.run().runs == 1
    assert stage.log.events().count("rotation: an error that nobody foresaw") == 1


def test_what_goes_wrong_with_one_vault_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(connection("here"), connection("there"), connection("away"), lasts=1.0)
    asked: list[str] = []

    def run(_requests: t.Any, options: t.Any, *_args: t.Any, **_more: t.Any) -> Report:
        name = options.discovery.connection
        asked.append(name)
        assert set(options.discovery.others) == {"here", "there", "away"} - {name}
        if name == "here":
            raise AWAY
        if name == "there":
            raise ValueError(CANARY)
        one = SecretReport("db", "unchanged", "db_v1", None, 1, "")
        return Report(changed=False, secrets=(one,), services=(), retired=())

    replaced(monkeypatch, run)
    status = stage.run()
    assert asked == ["here", "there", "away"]
    assert status.secrets == {"db": "unchanged"}
    assert AWAY.message in status.last_error
    assert CANARY not in status.last_error


def test_old_knowledge_goes_with_the_leadership(monkeypatch: pytest.MonkeyPatch) -> None:
    one = SecretReport("db", "unchanged", "db_v1", None, 1, "")
    replaced(
        monkeypatch,
        lambda *_a, **_m: Report(changed=False, secrets=(one,), services=(), retired=()),
    )
    stage = Stage(lasts=60.0)
    seen: list[t.Any] = []
    stage.time.at(20.0, lambda: seen.append(stage.rotation.status().secrets))
    stage.time.at(21.0, stage.set_leads(False))
    assert stage.run().secrets == {}
    assert seen == [{"db": "unchanged"}]


def test_a_secret_that_was_kept_is_a_failure_of_the_rotation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = SecretReport("db", "kept", "db_v1", None, 1, "Vault is sealed.")
    replaced(
        monkeypatch,
        lambda *_a, **_m: Report(changed=False, secrets=(kept,), services=(), retired=()),
    )
    stage = Stage(lasts=1.0)
    assert stage.run().last_error == "db: Vault is sealed."


def test_the_thread_ends_at_once_when_told_to_and_in_the_middle_of_a_rotation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = threading.Event()

    def endless(*_args: t.Any, clock: t.Any) -> Report:
        begun.set()
        while not clock.cancelled():
            clock.sleep(3600.0)
        return Report(changed=False, secrets=(), services=(), retired=())

    replaced(monkeypatch, endless)
    engine = Engine(VirtualTime(HOUR))
    one = Rotation(settings(), Lines(), engine=lambda: engine, chance=lambda: 0.0)
    assert one.stop(0.0), "it was never started"
    one = Rotation(settings(), Lines(), engine=lambda: engine, chance=lambda: 0.0)
    one.start()
    assert begun.wait(30.0)
    assert one.status().running
    assert one.stop(30.0)
    assert not one.status().running
