# SPDX-License-Identifier: GPL-3.0-or-later
"""One request has one time limit, whatever number of tries and waits it takes."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.deadline import (
    BoundedTimeout,
    Deadline,
    make_retry,
    wait_for_next,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import Retries
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    ProtocolError,
)
from urllib3.response import HTTPResponse


def answer(status: int, **headers: str) -> HTTPResponse:
    return HTTPResponse(
        status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def test_a_try_gets_the_time_that_is_left() -> None:
    deadline = Deadline()
    timeout = BoundedTimeout(deadline)
    deadline.start(100)
    first = timeout.clone().total
    assert first is not None
    assert 99 < first <= 100
    deadline.start(50)
    second = timeout.clone().total
    assert second is not None
    assert 49 < second <= 50


def test_a_try_after_the_end_fails_rather_than_never_ends() -> None:
    deadline = Deadline()
    deadline.start(-1)
    left = BoundedTimeout(deadline).clone().total
    assert left is not None
    assert 0 < left < 0.1


def test_each_thread_has_its_own() -> None:
    deadline = Deadline()
    deadline.start(5)
    others: list[float] = []
    thread = threading.Thread(target=lambda: others.append(deadline.left()))
    thread.start()
    thread.join()
    assert others == [float("inf")]
    assert deadline.left() <= 5


def test_retries_are_counted_down() -> None:
    deadline = Deadline()
    deadline.start(100)
    retry = make_retry(Retries(2), deadline)
    for _i in range(2):
        retry = retry.increment("GET", "/", response=answer(500))
    with pytest.raises(MaxRetryError):
        retry.increment("GET", "/", response=answer(500))


def test_waits_grow_and_vary() -> None:
    deadline = Deadline()
    deadline.start(100)
    waits = set()
    for _i in range(5):
        retry = make_retry(Retries(5), deadline)
        for _i in range(4):
            retry = retry.increment("GET", "/", error=ProtocolError("broke off"))
        assert retry.get_backoff_time() >= 2.0
        waits.add(retry.get_backoff_time())
    assert len(waits) == 5


@pytest.mark.parametrize(("asked", "left"), [("10", 11), ("0", 1)])
def test_a_wait_within_the_limit_is_begun(asked: str, left: float) -> None:
    deadline = Deadline()
    deadline.start(left)
    make_retry(Retries(1), deadline).increment("GET", "/", response=answer(429, Retry_After=asked))


@pytest.mark.parametrize(("asked", "left"), [("10", 9), ("0", 0)])
def test_a_wait_beyond_it_is_not(asked: str, left: float) -> None:
    deadline = Deadline()
    deadline.start(left)
    retry = make_retry(Retries(1), deadline)
    with pytest.raises(MaxRetryError):
        retry.increment("GET", "/", response=answer(429, Retry_After=asked))


def retried(policy: Retries, method: str, **failure: t.Any) -> int:
    """Return how often a request is tried again that always fails in the same way."""
    deadline = Deadline()
    deadline.start(100)
    retry = make_retry(policy, deadline)
    for count in range(20):
        if "response" in failure and not retry.is_retry(method, failure["response"].status):
            return count
        try:
            retry = retry.increment(method, "/", **failure)
        except HTTPError:
            return count
    pytest.fail("there is no end to it")


BROKEN, REFUSED = ProtocolError("broke off"), ConnectTimeoutError("refused")


@pytest.mark.case("V15")
@pytest.mark.parametrize(
    ("policy", "method", "failure", "count"),
    [
        (Retries(5), "POST", {"error": BROKEN}, 5),
        (Retries(5, read=2), "GET", {"error": BROKEN}, 2),
        (Retries(5, read=2), "GET", {"error": REFUSED}, 5),
        (Retries(5, connect=0), "GET", {"error": REFUSED}, 0),
        (Retries(5, status=1), "GET", {"response": answer(503)}, 1),
        (Retries(5, status_forcelist=frozenset((418,))), "GET", {"response": answer(418)}, 5),
        (Retries(5, status_forcelist=frozenset((418,))), "GET", {"response": answer(500)}, 0),
        (Retries(5, allowed_methods=frozenset(("GET",))), "GET", {"error": BROKEN}, 5),
        (Retries(5, allowed_methods=frozenset(("GET",))), "POST", {"error": BROKEN}, 0),
        (Retries(5, allowed_methods=frozenset(("GET",))), "POST", {"response": answer(500)}, 0),
    ],
)
def test_each_kind_of_failure_has_its_own_count(
    policy: Retries, method: str, failure: dict[str, t.Any], count: int
) -> None:
    assert retried(policy, method, **failure) == count


@pytest.mark.case("V15")
def test_waits_are_as_the_policy_says() -> None:
    deadline = Deadline()
    deadline.start(1000)
    policy = Retries(9, backoff_factor=1.0, backoff_max=3.0, backoff_jitter=0.0)
    retry, waits = make_retry(policy, deadline), []
    for _i in range(4):
        retry = retry.increment("GET", "/", error=BROKEN)
        waits.append(retry.get_backoff_time())
    assert waits[1:] == [2.0, 3.0, 3.0]


def test_the_server_need_not_be_obeyed() -> None:
    deadline = Deadline()
    deadline.start(5)
    refused = answer(429, Retry_After="100")
    with pytest.raises(MaxRetryError):
        make_retry(Retries(3), deadline).increment("GET", "/", response=refused)
    policy = Retries(3, respect_retry_after_header=False)
    make_retry(policy, deadline).increment("GET", "/", response=refused)
    retry = wait_for_next(make_retry(policy, deadline), deadline, asked=100)
    assert retry is not None


@pytest.mark.parametrize(
    "policy", [Retries(0), Retries(3, read=0), Retries(3, allowed_methods=frozenset(("GET",)))]
)
def test_an_answer_that_broke_off_counts_as_read(policy: Retries) -> None:
    deadline = Deadline()
    deadline.start(100)
    assert wait_for_next(make_retry(policy, deadline), deadline, broke_off="POST") is None
