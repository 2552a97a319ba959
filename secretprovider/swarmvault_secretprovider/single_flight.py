# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One read for all that want the same at the same time, such as the replicas of a service."""

from __future__ import annotations

import threading
import time
import typing as t
from concurrent.futures import Future

#: What was read so short a while ago is as good as what would be read now: the engine asks for the
#: replicas of a service one after another.
FRESH_SECONDS = 1.0

_Result = t.TypeVar("_Result")


@t.final
class SingleFlight(t.Generic[_Result]):
    """Shares results among those that ask with the same key.

    :param clock: seconds that only count up.
    """

    def __init__(self, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._flying: dict[t.Hashable, Future[_Result]] = {}
        self._landed: dict[t.Hashable, tuple[float, Future[_Result]]] = {}

    def run(
        self,
        key: t.Hashable,
        work: t.Callable[[], _Result],
        wait: t.Callable[[Future[_Result]], _Result],
    ) -> _Result:
        """Do some work, unless somebody is at it or has just done it; return its result.

        :param key: tells work apart; whoever has the same may have the same result.
        :param wait: waits for somebody else's.
        """
        with self._lock:
            self._forget()
            landed = self._landed.get(key)
            flying = landed[1] if landed else self._flying.get(key)
            own: Future[_Result] = Future()
            if flying is None:
                self._flying[key] = own
        return self._carried_out(key, work, own) if flying is None else wait(flying)

    def _carried_out(
        self, key: t.Hashable, work: t.Callable[[], _Result], own: Future[_Result]
    ) -> _Result:
        try:
            result = work()
        except BaseException as error:
            with self._lock:
                del self._flying[key]
            own.set_exception(error)
            raise
        with self._lock:
            del self._flying[key]
            self._landed[key] = self._clock(), own
        own.set_result(result)
        return result

    def _forget(self) -> None:
        """Let go of what is not fresh any more; the oldest come first."""
        oldest = self._clock() - FRESH_SECONDS
        while self._landed:
            key = next(iter(self._landed))
            if self._landed[key][0] > oldest:
                return
            del self._landed[key]
