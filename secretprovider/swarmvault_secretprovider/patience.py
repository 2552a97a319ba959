# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may wait for long: never all of the server's threads, and few of them for one path.

Otherwise the replicas of one service, whose database hangs, would keep everybody else waiting.
"""

from __future__ import annotations

import contextlib
import threading
import typing as t
from collections import Counter
from concurrent.futures import TimeoutError as NotYetError

from swarmvault_core._vault.errors import NoAnswerError

if t.TYPE_CHECKING:
    from concurrent.futures import Future

    from .deadline import Deadline

#: What takes longer waits for something else than a processor.
SLOW_SECONDS = 0.5
#: Of the threads that the server may have, one for each connection (``CONNECTIONS`` in server.py).
MOST = 384
MOST_PER_PATH = 256

_Result = t.TypeVar("_Result")


@t.final
class Patience:
    """Waits on behalf of requests; safe to share among threads.

    :param most: how many may wait for long.
    :param most_per_path: how many of them for one path.
    """

    def __init__(self, most: int = MOST, most_per_path: int = MOST_PER_PATH) -> None:
        self._most = most
        self._most_per_path = most_per_path
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()

    def result(
        self,
        done: Future[_Result],
        path: str,
        deadline: Deadline,
        when_slow: t.Callable[[], object] = lambda: None,
        *,
        on_behalf: bool = False,
    ) -> _Result:
        """Wait for a result.

        :param path: what it is about.
        :param on_behalf: others wait for this one, so that it does not count for its path.
        :param when_slow: is called once that takes long, or is over.
        :raises NoAnswerError: it is not there by the deadline, or too many wait for long.
        """
        try:
            try:
                return done.result(min(SLOW_SECONDS, deadline.left()))
            except NotYetError:
                if done.done():  # or that is what the work has raised
                    return done.result()
        finally:
            when_slow()
        with self._for_long(path, deadline, on_behalf=on_behalf):
            try:
                return done.result(deadline.left())
            except NotYetError:
                if done.done():
                    return done.result()
        raise no_answer(path, deadline)

    def acquire(self, places: threading.Semaphore, path: str, deadline: Deadline) -> None:
        """Wait for a place.

        :raises NoAnswerError: there is none by the deadline, or too many wait for long.
        """
        if places.acquire(timeout=min(SLOW_SECONDS, deadline.left())):
            return
        with self._for_long(path, deadline):
            if not places.acquire(timeout=deadline.left()):
                raise no_answer(path, deadline)

    @contextlib.contextmanager
    def _for_long(
        self, path: str, deadline: Deadline, *, on_behalf: bool = False
    ) -> t.Iterator[None]:
        if not deadline.left():
            raise no_answer(path, deadline)
        with self._lock:
            here = self._waiting[path]
            most_here = self._most if on_behalf else self._most_per_path
            if here >= most_here or sum(self._waiting.values()) >= self._most:
                raise NoAnswerError(
                    f"{here} tasks wait for {path} in Vault already, which is slow.",
                    "Look at what is behind that path, such as a database.",
                )
            self._waiting[path] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[path] -= 1
                if not self._waiting[path]:
                    del self._waiting[path]


def no_answer(path: str, deadline: Deadline) -> NoAnswerError:
    """Return the error for what did not come in time."""
    return NoAnswerError(
        f"There was no answer about {path} within {deadline.seconds:g} s.",
        "Look at what is behind that path, such as a database, and at the way to Vault.",
    )
