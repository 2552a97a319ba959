# SPDX-License-Identifier: GPL-3.0-or-later
"""Many requests at once: who shares, who waits, and for how long."""

from __future__ import annotations

import threading
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from swarmvault_core._common.errors import SourceError
from swarmvault_core._vault import deadline as core_deadline
from swarmvault_core._vault.errors import NoAnswerError
from swarmvault_secretprovider import patience as patience_module
from swarmvault_secretprovider.deadline import Deadline
from swarmvault_secretprovider.lanes import Lanes
from swarmvault_secretprovider.patience import Patience
from swarmvault_secretprovider.single_flight import FRESH_SECONDS, SingleFlight
from swarmvault_secretprovider.workers import Workers

from testbed.waiting import wait_for

LONG = 60.0


class Gate:
    """Work that lasts until it is let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.opened = threading.Event()
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.begun += 1
        assert self.opened.wait(LONG)
        return "done"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience_module, "SLOW_SECONDS", 0.05)


@pytest.fixture
def pool() -> t.Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as threads:
        yield threads


def refused(found: t.Sequence[Future[str]]) -> list[BaseException]:
    return [error for one in found if one.done() for error in [one.exception()] if error]


# -- single flight --------------------------------------------------------------------------------


def test_what_is_asked_for_at_once_is_done_once(pool: ThreadPoolExecutor) -> None:
    gate = Gate()
    flights: SingleFlight[str] = SingleFlight()
    waiting = threading.Semaphore(0)

    def wait(flying: Future[str]) -> str:
        waiting.release()
        return flying.result(LONG)

    results = [pool.submit(flights.run, "key", gate, wait) for _i in range(10)]
    for _i in range(9):
        assert waiting.acquire(timeout=LONG)
    other = Gate()
    other.opened.set()
    assert flights.run("other", other, wait) == "done"
    gate.opened.set()
    assert [one.result(LONG) for one in results] == ["done"] * 10
    assert gate.begun == 1


def test_a_result_is_fresh_for_a_moment_and_an_error_never() -> None:
    now = [0.0]
    flights: SingleFlight[str] = SingleFlight(lambda: now[0])
    done: list[str] = []

    def work() -> str:
        done.append("x")
        return f"read {len(done)}"

    def fail() -> str:
        raise SourceError("no")

    def ask(work: t.Callable[[], str], key: str = "key") -> str:
        return flights.run(key, work, lambda flying: flying.result(0))

    assert ask(work) == ask(work) == "read 1"
    now[0] += FRESH_SECONDS
    assert ask(work) == "read 2"
    for _i in range(2):
        with pytest.raises(SourceError):
            ask(fail, "failing")
    now[0] += FRESH_SECONDS
    ask(work, "another")
    assert list(flights._landed) == ["another"]
    assert flights._flying == {}


# -- waiting --------------------------------------------------------------------------------------


def test_few_wait_for_one_slow_path_and_some_threads_are_always_left(
    pool: ThreadPoolExecutor,
) -> None:
    patience = Patience(most=5, most_per_path=2)
    never: Future[str] = Future()
    deadline = Deadline(LONG)
    found = [
        pool.submit(patience.result, never, path, deadline)
        for path in ("a", "b", "c")
        for _i in range(6)
    ]
    wait_for("the others to be turned away", lambda: len(refused(found)) == 13, timeout=LONG)
    assert all(isinstance(error, NoAnswerError) for error in refused(found))
    never.set_result("late")
    assert sorted(str(one.result(LONG)) for one in found if not one.exception()) == ["late"] * 5
    assert not patience._waiting


def test_whoever_others_wait_for_waits_on() -> None:
    patience = Patience(most=5, most_per_path=0)
    never: Future[str] = Future()
    with pytest.raises(NoAnswerError, match=r"within 0\.2 s"):
        patience.result(never, "a", Deadline(0.2), on_behalf=True)
    with pytest.raises(NoAnswerError, match="which is slow"):
        patience.result(never, "a", Deadline(LONG))


def test_an_error_of_the_work_is_handed_on_even_if_it_is_a_timeout() -> None:
    done: Future[str] = Future()
    done.set_exception(TimeoutError("of the work"))
    with pytest.raises(TimeoutError, match="of the work"):
        Patience().result(done, "a", Deadline(LONG))


# -- lanes ----------------------------------------------------------------------------------------


def test_a_path_that_hangs_leaves_the_places_to_others(pool: ThreadPoolExecutor) -> None:
    lanes = Lanes(2, Patience())
    gate = Gate()
    hung = [pool.submit(lanes.run, f"hung{i}", gate, Deadline(LONG)) for i in range(6)]
    wait_for("all to be under way", lambda: gate.begun == 6, timeout=LONG)
    assert lanes.run("quick", lambda: "quick", Deadline(LONG)) == "quick"
    gate.opened.set()
    assert [one.result(LONG) for one in hung] == ["done"] * 6
    wait_for("nothing to be left", lambda: not lanes._paths, timeout=LONG)


def test_one_path_has_few_places(pool: ThreadPoolExecutor) -> None:
    lanes = Lanes(8, Patience(most_per_path=4))
    gate = Gate()
    hung = [pool.submit(lanes.run, "hung", gate, Deadline(LONG)) for _i in range(8)]
    wait_for("the others to be turned away", lambda: len(refused(hung)) == 4, timeout=LONG)
    assert gate.begun == 2
    gate.opened.set()
    assert sorted(one.exception() is None for one in hung) == [False] * 4 + [True] * 4


def test_nobody_waits_beyond_the_deadline_and_what_hangs_keeps_its_place() -> None:
    lanes = Lanes(8, Patience())
    gate = Gate()
    for _i in range(3):
        with pytest.raises(NoAnswerError, match=r"about hung within 0\.1 s"):
            lanes.run("hung", gate, Deadline(0.1))
    assert gate.begun == 2
    gate.opened.set()
    assert lanes.run("hung", lambda: "again", Deadline(LONG)) == "again"


def test_requests_of_the_work_are_bounded_by_the_deadline() -> None:
    lanes = Lanes(8, Patience())
    left = lanes.run("path", core_deadline.left, Deadline(5.0))
    assert 0 < left <= 5.0
    assert core_deadline.left() == float("inf")


def test_errors_come_back_and_give_places_back() -> None:
    lanes = Lanes(1, Patience())

    def fail() -> str:
        raise SourceError("no")

    for _i in range(5):
        with pytest.raises(SourceError):
            lanes.run("path", fail, Deadline(LONG))
    wait_for("nothing to be left", lambda: not lanes._paths, timeout=LONG)


def test_threads_are_used_again() -> None:
    workers = Workers()
    before = threading.active_count()
    for _i in range(50):
        assert workers.submit(lambda: 1).result(LONG) == 1
        wait_for("the thread to be idle", lambda: workers._idle == 1, timeout=LONG, interval=0.001)
    assert threading.active_count() <= before + 1
