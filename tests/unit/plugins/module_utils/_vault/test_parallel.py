# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads side by side: bounded, the first alone, and no more once there is no use."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceError,
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault import errors, parallel
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.parallel import fetch_all


def test_results_and_errors_are_returned_by_key() -> None:
    problem = SourceError("no")

    def fetch(key: int) -> int:
        if key == 2:
            raise problem
        return key * 10

    assert fetch_all([1, 2, 3], fetch, 4) == {1: 10, 2: problem, 3: 30}


def test_nothing_to_do_is_fine() -> None:
    assert fetch_all([], lambda key: key, 4) == {}


def test_the_first_goes_alone_and_the_rest_of_a_distant_server_side_by_side_up_to_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "NEAR_SECONDS", 0.0)  # no answer is ever that quick
    bound, alone = 3, 3
    # Breaks if ever fewer than "bound" calls of the rest are under way together.
    together = threading.Barrier(bound, timeout=20)
    lock = threading.Lock()
    under_way = most = 0
    caller = threading.current_thread()

    def fetch(key: int) -> int:
        nonlocal under_way, most
        if key < alone:
            # The first, and those that show how far away the server is.
            assert threading.current_thread() is caller
            return key
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait()
        with lock:
            under_way -= 1
        return key

    keys = list(range(alone + 3 * bound))
    assert fetch_all(keys, fetch, bound) == {key: key for key in keys}
    assert most == bound


def test_answers_that_come_at_once_are_asked_for_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parallel, "NEAR_SECONDS", 60.0)
    caller = threading.current_thread()

    results = fetch_all(range(20), lambda _key: threading.current_thread() is caller, 4)

    assert all(results.values())


def test_one_late_answer_among_many_does_not_make_a_server_a_distant_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter(range(0, 1000, 10))
    late = {7}
    monkeypatch.setattr(parallel, "NEAR_SECONDS", 15.0)
    caller = threading.current_thread()

    def fetch(key: int) -> bool:
        if key in late:
            next(clock)
        return threading.current_thread() is caller

    monkeypatch.setattr(parallel.time, "perf_counter", lambda: next(clock))
    assert all(fetch_all(range(20), fetch, 4).values())


@pytest.mark.parametrize(
    "error", [errors.VaultUnreachableError, errors.LoginError, errors.WrongAddressError]
)
@pytest.mark.parametrize("max_parallel", [1, 4])
def test_an_error_that_all_would_meet_is_met_once(
    error: type[SourceError], max_parallel: int
) -> None:
    asked = []

    def fetch(key: int) -> int:
        asked.append(key)
        raise error("away")

    results = fetch_all(range(100), fetch, max_parallel)
    assert asked == [0]
    assert len(results) == 100
    assert {str(result) for result in results.values()} == {"away"}


def test_an_error_of_one_path_stops_no_other() -> None:
    def fetch(key: int) -> int:
        if key < 50:
            raise SourceUnreachableError("the database behind it is away")
        return key

    results = fetch_all(range(100), fetch, 4)
    assert [key for key, result in results.items() if result == key] == list(range(50, 100))


def test_a_bug_is_not_hidden_among_the_results() -> None:
    with pytest.raises(ZeroDivisionError):
        fetch_all([1, 0, 2], lambda key: 1 // key, 2)
