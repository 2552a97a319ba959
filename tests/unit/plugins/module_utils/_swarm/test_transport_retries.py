# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads survive a passing fault; writes are never repeated."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import DockerError
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import transport

PASSING = DockerError("no leader", transient=True)
FINAL = DockerError("no", status=400)


class Failing:
    """A transport that fails so many times, then answers."""

    def __init__(self, error: DockerError, times: int) -> None:
        self.error = error
        self.times = times
        self.calls: list[tuple[t.Any, ...]] = []

    def call(self, *arguments: t.Any) -> str:
        self.calls.append(arguments)
        if len(self.calls) <= self.times:
            raise self.error
        return "answer"


def test_a_read_is_repeated_until_it_is_answered() -> None:
    failing = Failing(PASSING, times=2)
    answer = transport.RetryingTransport(failing, pauses=(0, 0)).call("GET", "/a", {"b": 1})
    assert answer == "answer"
    assert failing.calls == [("GET", "/a", {"b": 1}, None)] * 3


def test_tries_are_bounded() -> None:
    failing = Failing(PASSING, times=99)
    with pytest.raises(DockerError, match="no leader"):
        transport.RetryingTransport(failing, pauses=(0, 0)).call("GET", "/a")
    assert len(failing.calls) == 3


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_write_is_sent_once(method: str) -> None:
    failing = Failing(PASSING, times=1)
    with pytest.raises(DockerError, match="no leader"):
        transport.RetryingTransport(failing, pauses=(0,)).call(method, "/a")
    assert len(failing.calls) == 1


def test_a_final_refusal_is_not_asked_again() -> None:
    failing = Failing(FINAL, times=1)
    with pytest.raises(DockerError, match="no"):
        transport.RetryingTransport(failing, pauses=(0,)).call("GET", "/a")
    assert len(failing.calls) == 1


def test_no_try_starts_when_too_much_time_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "GIVE_UP_AFTER", -1)
    failing = Failing(PASSING, times=1)
    with pytest.raises(DockerError, match="no leader"):
        transport.RetryingTransport(failing, pauses=(0,)).call("GET", "/a")
    assert len(failing.calls) == 1
