# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong between a run and the engine, at the very call that a test names."""

from __future__ import annotations

import contextlib
import functools
import re
import typing as t
from dataclasses import dataclass, field

from tests.fake_engine.api import HOST
from tests.fake_engine.product import (
    DockerOptions,
    SwarmVaultError,
    answer_error,
    connection_error,
)

if t.TYPE_CHECKING:
    from tests.fake_engine.product import Transport

_UNAVAILABLE = "rpc error: code = Unavailable desc = connection error: transport is closing"
_OUT_OF_SEQUENCE = "rpc error: code = Unknown desc = update out of sequence"


class RunKilled(BaseException):
    """The run ends here, as by SIGKILL: no handler of it is to take this for an error."""


@dataclass(frozen=True)
class Call:
    """One call that a run made.

    :param done: whether the engine carried it out, as far as the run could have known: it
        answered, or the answer was lost.
    """

    number: int
    method: str
    path: str
    params: t.Mapping[str, t.Any]
    body: t.Any = field(repr=False, compare=False)

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    def __str__(self) -> str:
        rollback = "?rollback" if "rollback" in self.params else ""
        return f"{self.method} {self.path}{rollback}"


Send = t.Callable[[], t.Any]
#: Stands between a call and the engine: it may send it or not, and answer what it likes.
Fault = t.Callable[[Call, Send], t.Any]


def lose_answer(call: Call, send: Send) -> t.Any:
    """The engine does it, and the answer never arrives. A refusal is lost as well."""
    with contextlib.suppress(SwarmVaultError):
        send()
    raise _connection(call, ConnectionResetError("Connection reset by peer"))


def refuse_connection(call: Call, _send: Send) -> t.Any:
    """Nobody listens: the engine has not seen the call."""
    raise _connection(call, ConnectionRefusedError("Connection refused"))


def unavailable(call: Call, _send: Send) -> t.Any:
    """The managers have no leader for a moment."""
    raise answer_error(f"{call.method} {call.path}", HOST, 500, _UNAVAILABLE)


def out_of_sequence(call: Call, _send: Send) -> t.Any:
    """Somebody else was faster, whoever that may have been."""
    raise answer_error(f"{call.method} {call.path}", HOST, 500, _OUT_OF_SEQUENCE)


def refuse(status: int, message: str) -> Fault:
    """The engine says no, in these words."""

    def fault(call: Call, _send: Send) -> t.Any:
        raise answer_error(f"{call.method} {call.path}", HOST, status, message)

    return fault


def kill_before(call: Call, _send: Send) -> t.Any:
    """The run ends before the call is sent."""
    raise RunKilled(str(call))


def kill_after(call: Call, send: Send) -> t.Any:
    """The run ends once the engine has done it."""
    send()
    raise RunKilled(str(call))


def interfere(act: t.Callable[[], object]) -> Fault:
    """Somebody else does something just before the call."""

    def fault(_call: Call, send: Send) -> t.Any:
        act()
        return send()

    return fault


def _connection(call: Call, cause: Exception) -> SwarmVaultError:
    options = DockerOptions(docker_host="tcp://fake:2376")
    return connection_error(f"{call.method} {call.path}", options, cause)


@dataclass
class _Rule:
    pattern: re.Pattern[str]
    fault: Fault
    skip: int
    times: int | None

    def takes(self, call: Call) -> bool:
        if self.times == 0 or not self.pattern.search(str(call)):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class FaultyTransport:
    """A transport in which calls go wrong as scripted, and that notes every one.

    Once the run is killed every further call ends it again: whatever it still tries in a
    ``finally``, a dead process does not do.
    """

    inner: Transport
    calls: list[Call] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    watchers: list[t.Callable[[Call, Send], t.Any]] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)
    _dead: bool = False

    def on(self, pattern: str, fault: Fault, *, nth: int = 1, times: int | None = 1) -> None:
        """Let calls go wrong.

        :param pattern: regular expression that is looked for in ``POST /services/ID/update``.
        :param nth: the first of the matching calls that goes wrong.
        :param times: how many of them do; None: all from then on.
        """
        self._rules.append(_Rule(re.compile(pattern), fault, nth - 1, times))

    def at(self, number: int, fault: Fault) -> None:
        """Let the call of this number go wrong, counted from 1 over all calls from now on."""
        self.on("", fault, nth=number)

    @property
    def writes(self) -> list[str]:
        """The calls that change something, in order."""
        return [str(call) for call in self.calls if call.is_write]

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        """See ``Transport.call`` of the product."""
        if self._dead:
            raise RunKilled("it is dead")
        call = Call(len(self.calls) + 1, method, path, dict(params or {}), body)
        self.calls.append(call)

        answer: Send = functools.partial(self.inner.call, method, path, params, body)
        for watcher in self.watchers:
            answer = functools.partial(watcher, call, answer)
        # The first rule is the one that the run sees: it stands outermost.
        for rule in reversed([rule for rule in self._rules if rule.takes(call)]):
            answer = functools.partial(rule.fault, call, answer)
        try:
            answered = answer()
        except RunKilled:
            self._dead = True
            raise
        self.answered.add(call.number)
        return answered


__all__ = [
    "Call",
    "Fault",
    "FaultyTransport",
    "RunKilled",
    "interfere",
    "kill_after",
    "kill_before",
    "lose_answer",
    "out_of_sequence",
    "refuse",
    "refuse_connection",
    "unavailable",
]
