# SPDX-License-Identifier: GPL-3.0-or-later
"""Many requests at once: who shares, who waits, and for how long."""

from __future__ import annotations

import socket
import threading
import time
import typing as t
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from swarmvault_core._common.errors import SourceError
from swarmvault_core._vault import deadline as core_deadline
from swarmvault_core._vault.errors import NoAnswerError
from swarmvault_secretprovider import lanes as lanes_module
from swarmvault_secretprovider.deadline import Deadline
from swarmvault_secretprovider.lanes import Lanes, result_of
from swarmvault_secretprovider.single_flight import FRESH_SECONDS, SingleFlight

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
    monkeypatch.setattr(lanes_module, "SLOW_SECONDS", 0.05)


@pytest.fixture
def pool() -> t.Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as threads:
        yield threads


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


# -- lanes ----------------------------------------------------------------------------------------


def run(lanes: Lanes, name: str, work: t.Callable[[], str], seconds: float = LONG) -> str:
    with lanes.queue(name) as path:
        return lanes.run(path, work, Deadline(seconds))


def test_quick_ones_take_turns_and_slow_ones_hold_up_none(pool: ThreadPoolExecutor) -> None:
    lanes = Lanes(2)
    gate = Gate()
    hung = [pool.submit(run, lanes, f"hung{i}", gate) for i in range(6)]
    wait_for("all to be under way", lambda: gate.begun == 6, timeout=LONG, interval=0.01)
    assert run(lanes, "quick", lambda: "quick") == "quick"
    gate.opened.set()
    assert [one.result(LONG) for one in hung] == ["done"] * 6
    assert lanes._paths == {}
    assert lanes._young == {}


def test_no_more_are_under_way_than_there_are_places(pool: ThreadPoolExecutor) -> None:
    lanes = Lanes(3)
    most: list[int] = []
    now = [0]
    lock = threading.Lock()

    def work() -> str:
        with lock:
            now[0] += 1
            most.append(now[0])
        with lock:
            now[0] -= 1
        return "done"

    found = [pool.submit(run, lanes, f"path{i}", work) for i in range(200)]
    assert [one.result(LONG) for one in found] == ["done"] * 200
    assert max(most) <= 3


def test_one_path_has_few_places_and_few_wait_for_it_once_it_is_slow(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "MOST_WAITING", 4)
    lanes = Lanes(8)
    gate = Gate()
    hung = [pool.submit(run, lanes, "hung", gate) for _i in range(6)]
    wait_for("all to wait", lambda: waiting(lanes, "hung") == 6, timeout=LONG, interval=0.01)
    wait_for("the path to be slow", lambda: turned_away(lanes), timeout=LONG, interval=0.01)
    assert gate.begun == 2
    gate.opened.set()
    assert [one.result(LONG) for one in hung] == ["done"] * 6
    assert run(lanes, "hung", lambda: "again") == "again"


def waiting(lanes: Lanes, name: str) -> int:
    path = lanes._paths.get(name)
    return path.users if path else 0


def turned_away(lanes: Lanes) -> bool:
    try:
        with lanes.queue("hung"):
            return False
    except NoAnswerError:
        return True


def test_nobody_waits_for_a_place_beyond_the_deadline(pool: ThreadPoolExecutor) -> None:
    lanes = Lanes(8)
    gate = Gate()
    hung = [pool.submit(run, lanes, "hung", gate) for _i in range(2)]
    wait_for("both to be under way", lambda: gate.begun == 2, timeout=LONG, interval=0.01)
    with pytest.raises(NoAnswerError, match=r"about hung within 0\.1 s"):
        run(lanes, "hung", gate, 0.1)
    gate.opened.set()
    assert [one.result(LONG) for one in hung] == ["done"] * 2


def test_requests_of_the_work_are_bounded_by_the_deadline() -> None:
    with Lanes(8).queue("path") as path:
        left = Lanes(8).run(path, core_deadline.left, Deadline(5.0))
    assert 0 < left <= 5.0
    assert core_deadline.left() == float("inf")


def test_errors_come_back_and_give_places_back() -> None:
    lanes = Lanes(1)

    def fail() -> str:
        raise SourceError("no")

    for _i in range(5):
        with pytest.raises(SourceError):
            run(lanes, "path", fail)
    assert lanes._paths == {}
    assert lanes._young == {}


def test_waiting_for_somebody_else_ends_with_the_deadline_too() -> None:
    never: Future[str] = Future()
    with Lanes(1).queue("a") as path:
        with pytest.raises(NoAnswerError, match="about a within"):
            result_of(never, path, Deadline(0.05))
        never.set_exception(TimeoutError("of the work"))
        with pytest.raises(TimeoutError, match="of the work"):
            result_of(never, path, Deadline(LONG))


# -- what nothing else bounds ---------------------------------------------------------------------


def test_a_name_that_nobody_answers_for_ends_with_the_deadline() -> None:
    gate = Gate()
    with core_deadline.until(time.monotonic() + LONG), pytest.raises(socket.timeout):
        core_deadline.bounded(gate, 0.05)
    gate.opened.set()
    with core_deadline.until(time.monotonic() + LONG):
        assert core_deadline.bounded(gate, LONG) == "done"
        with pytest.raises(SourceError):
            core_deadline.bounded(fail_at_once, LONG)
    # A run has no such end, and needs no thread for it.
    assert core_deadline.bounded(lambda: threading.current_thread().name, 0.0) == "MainThread"


def fail_at_once() -> str:
    raise SourceError("no")


def test_a_lock_that_somebody_holds_is_waited_for_until_the_deadline() -> None:
    lock = threading.Lock()
    with core_deadline.locked(lock), core_deadline.until(time.monotonic() + 0.05):
        with pytest.raises(NoAnswerError):
            core_deadline.locked(lock).__enter__()
        assert lock.locked()
    with core_deadline.locked(lock):
        assert lock.locked()
    assert not lock.locked()
