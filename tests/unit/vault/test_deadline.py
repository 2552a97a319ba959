# SPDX-License-Identifier: GPL-3.0-or-later
"""One request has one time limit, whatever number of tries and waits it takes."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.deadline import (
    BoundedTimeout,
    Deadline,
    make_retry,
)
from urllib3.exceptions import MaxRetryError, ProtocolError
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
    retry = make_retry(2, deadline)
    for _i in range(2):
        retry = retry.increment("GET", "/", response=answer(500))
    with pytest.raises(MaxRetryError):
        retry.increment("GET", "/", response=answer(500))


def test_waits_grow_and_vary() -> None:
    deadline = Deadline()
    deadline.start(100)
    waits = set()
    for _i in range(5):
        retry = make_retry(5, deadline)
        for _i in range(4):
            retry = retry.increment("GET", "/", error=ProtocolError("broke off"))
        assert retry.get_backoff_time() >= 2.0
        waits.add(retry.get_backoff_time())
    assert len(waits) == 5


@pytest.mark.parametrize(("asked", "left"), [("10", 11), ("0", 1)])
def test_a_wait_within_the_limit_is_begun(asked: str, left: float) -> None:
    deadline = Deadline()
    deadline.start(left)
    make_retry(1, deadline).increment("GET", "/", response=answer(429, Retry_After=asked))


@pytest.mark.parametrize(("asked", "left"), [("10", 9), ("0", 0)])
def test_a_wait_beyond_it_is_not(asked: str, left: float) -> None:
    deadline = Deadline()
    deadline.start(left)
    retry = make_retry(1, deadline)
    with pytest.raises(MaxRetryError):
        retry.increment("GET", "/", response=answer(429, Retry_After=asked))
