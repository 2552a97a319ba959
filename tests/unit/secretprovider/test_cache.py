# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept for outages: not for long, not much, and not what was forgotten."""

from __future__ import annotations

import pytest
from swarmvault_core._common.secret_value import SecretValue
from swarmvault_core._vault.errors import NoAnswerError, VaultUnreachableError
from swarmvault_secretprovider.cache import Cache
from swarmvault_secretprovider.outages import PAUSE_SECONDS, Outages


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def found(cache: Cache, key: str) -> bytes | None:
    entry = cache.get(key)
    return None if entry is None else entry.value.reveal()


def test_a_value_is_kept_with_its_age_and_not_for_longer_than_it_may(clock: Clock) -> None:
    cache = Cache(60.0, 10_000, clock)
    cache.put("a", SecretValue(b"one"))
    clock.now += 59
    entry = cache.get("a")
    assert entry is not None
    assert entry.age == 59
    cache.put("a", SecretValue(b"two"))
    clock.now += 59
    assert found(cache, "a") == b"two"
    clock.now += 1
    assert found(cache, "a") is None
    assert (len(cache), cache.size) == (0, 0)


def test_nothing_is_kept_for_longer_than_a_day(clock: Clock) -> None:
    cache = Cache(10 * 86400.0, 10_000, clock)
    cache.put("a", SecretValue(b"x"))
    clock.now += 86399
    assert found(cache, "a")
    clock.now += 1
    assert found(cache, "a") is None


def test_the_oldest_make_room_for_new_ones(clock: Clock) -> None:
    cache = Cache(60.0, 10_000, clock)
    for number in range(1000):
        cache.put(number, SecretValue(b"x" * 1000))
        assert cache.size <= 10_000
    assert 0 < len(cache) < 10
    assert cache.get(999)
    cache.put("huge", SecretValue(b"x" * 20_000))
    assert found(cache, "huge") is None
    assert cache.get(999)


def test_many_small_values_are_bounded_too(clock: Clock) -> None:
    cache = Cache(60.0, 10_000, clock)
    for number in range(1000):
        cache.put(number, SecretValue(b""))
    assert len(cache) < 20


def test_what_is_dropped_is_gone(clock: Clock) -> None:
    cache = Cache(60.0, 10_000, clock)
    cache.put("a", SecretValue(b"x"))
    cache.put("b", SecretValue(b"x"))
    cache.drop("a")
    cache.drop("never there")
    assert found(cache, "a") is None
    cache.clear()
    assert (len(cache), cache.size, found(cache, "b")) == (0, 0, None)


def test_without_a_time_there_is_no_cache(clock: Clock) -> None:
    cache = Cache(0.0, 10_000, clock)
    cache.put("a", SecretValue(b"x"))
    assert len(cache) == 0


def test_an_outage_is_remembered_for_a_moment(clock: Clock) -> None:
    outages = Outages(clock)
    assert outages.current("vault", "path") is None
    raised = VaultUnreachableError("away", "wait")
    outages.seen("vault", raised)
    outages.seen("path", NoAnswerError("hangs", "look"))
    current = outages.current("vault", "path")
    assert isinstance(current, VaultUnreachableError)
    assert (current.message, current.remedy) == ("away", "wait")
    # That one holds on to all that it went through.
    assert current is not raised
    assert isinstance(outages.current("path"), NoAnswerError)
    assert outages.current("other") is None
    clock.now += PAUSE_SECONDS
    assert outages.current("vault", "path") is None
