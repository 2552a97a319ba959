# SPDX-License-Identifier: GPL-3.0-or-later
"""Time that passes only when somebody waits, so that hours take milliseconds."""

from __future__ import annotations

import contextlib
import functools
import heapq
import importlib
import itertools
import pkgutil
import sys
import time
import types
import typing as t
from datetime import UTC, datetime, timedelta
from unittest import mock

START = datetime(2026, 3, 1, 12, tzinfo=UTC)

#: Virtual seconds after which a run counts as one that never ends.
ENDLESS = 7 * 24 * 3600.0

PRODUCT = "ansible_collections.swarmvault.secrets.plugins.module_utils."
#: Whose modules wait, or ask for the time of day.
TIMED = (f"{PRODUCT}_rotation", f"{PRODUCT}_swarm")


class VirtualClock:
    """The ``Clock`` of the core, and the calendar of the fake engine.

    :ivar deadline: when the caller must be done, in seconds of :meth:`monotonic`; None: never.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._events: list[tuple[float, int, t.Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._ended = False
        self.deadline: float | None = None

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Return the seconds since the clock was made."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due meanwhile."""
        end = self._elapsed + max(0.0, seconds)
        if end > ENDLESS:
            raise AssertionError(f"still waiting after {ENDLESS:g} virtual seconds")
        while self._events and self._events[0][0] <= end:
            due, _number, happen = heapq.heappop(self._events)
            self._elapsed = max(self._elapsed, due)
            happen()
        self._elapsed = max(self._elapsed, end)

    def left(self) -> float | None:
        """Return the seconds until the caller's deadline; None where there is none."""
        return None if self.deadline is None else max(0.0, self.deadline - self._elapsed)

    def cancel(self) -> None:
        """Tell whoever asks that the caller has given up."""
        self._ended = True

    def resume(self) -> None:
        """Begin anew: a caller that gave up comes back."""
        self._ended = False

    def cancelled(self) -> bool:
        """Whether the caller has given up."""
        return self._ended

    def after(self, seconds: float, happen: t.Callable[[], object]) -> None:
        """Let something happen when that much time has passed."""
        entry = (self._elapsed + max(0.0, seconds), next(self._numbers), happen)
        heapq.heappush(self._events, entry)

    def wait_until(self, done: t.Callable[[], bool], seconds: float = 600.0) -> bool:
        """Let time pass until something is so; False: it never was."""
        end = self._elapsed + seconds
        while not done():
            if self._elapsed >= end:
                return False
            self.sleep(min(0.1, end - self._elapsed))
        return True


@contextlib.contextmanager
def running_on(clock: VirtualClock) -> t.Iterator[None]:
    """Let what the core and the adapters wait for pass on this clock.

    Modules that take their clock as an argument are not touched by it; this is for those that
    use ``time`` and ``datetime`` by themselves.
    """
    shim = types.SimpleNamespace(
        monotonic=clock.monotonic, sleep=clock.sleep, time=lambda: clock.now().timestamp()
    )

    class VirtualDatetime(datetime):
        @classmethod
        def now(cls, tz: t.Any = None) -> t.Self:
            return cls.fromtimestamp(clock.now().timestamp(), tz)

    _load_all()
    with contextlib.ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if name.startswith(TIMED):
                for own, replacement in ((time, shim), (datetime, VirtualDatetime)):
                    key = own.__name__
                    if getattr(module, key, None) is own:
                        stack.enter_context(mock.patch.object(module, key, replacement))
        yield


@functools.cache
def _load_all() -> None:
    """Import what a run loads only where it needs it, which would be on the machine's own clock."""
    for package in map(importlib.import_module, TIMED):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
