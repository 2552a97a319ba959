# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests are under way, so that neither Vault nor one slow path holds up the rest.

Each path has a few places of its own, and each Vault has some for all of its paths. What takes long
does not count for the latter any more, and stays in the place of its path. Whoever asks does the
work in their own thread: the server makes more of them while all are busy.
"""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t
from concurrent.futures import TimeoutError as NotYetError

from swarmvault_core._vault import deadline as core_deadline
from swarmvault_core._vault.errors import NoAnswerError

if t.TYPE_CHECKING:
    from concurrent.futures import Future

    from .deadline import Deadline

#: What takes longer waits for something else than a processor.
SLOW_SECONDS = 0.5
#: How many may be under way at one path.
PER_PATH = 2
#: How many may wait for one path that is slow: half of the connections that are served.
MOST_WAITING = 256

_Result = t.TypeVar("_Result")


class Path:
    """A path that somebody reads or waits to read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places = threading.Semaphore(PER_PATH)
        self.users = 0
        #: When what is under way began.
        self.begun: dict[object, float] = {}


@t.final
class Lanes:
    """Bounds the reads of one Vault.

    :param max_parallel: how many quick ones are under way at most.
    """

    def __init__(self, max_parallel: int) -> None:
        self._most = max_parallel
        self._changed = threading.Condition()
        self._paths: dict[str, Path] = {}
        # When those began that are not slow yet, the oldest first.
        self._young: dict[object, float] = {}

    @contextlib.contextmanager
    def queue(self, name: str) -> t.Iterator[Path]:
        """Wait for a path, among others.

        :raises NoAnswerError: too many do, and it is slow.
        """
        with self._changed:
            path = self._paths.setdefault(name, Path(name))
            slow = any(time.monotonic() - begun > SLOW_SECONDS for begun in path.begun.values())
            if slow and path.users >= MOST_WAITING:
                raise NoAnswerError(
                    f"{path.users} tasks wait for {name} in Vault already, which is slow.",
                    "Look at what is behind that path, such as a database.",
                )
            path.users += 1
        try:
            yield path
        finally:
            with self._changed:
                path.users -= 1
                if not path.users:
                    del self._paths[name]

    def run(self, path: Path, work: t.Callable[[], _Result], deadline: Deadline) -> _Result:
        """Do some work that asks for a path, when there is a place.

        :param deadline: bounds all requests of the work, and how long to wait for a place.
        :raises NoAnswerError: there is none by then.
        """
        if not path.places.acquire(timeout=deadline.left()):
            raise no_answer(path.name, deadline)
        key = object()
        try:
            self._begin(path, key, deadline)
            with core_deadline.until(deadline.ends):
                return work()
        finally:
            with self._changed:
                path.begun.pop(key, None)
                self._young.pop(key, None)
                self._changed.notify()
            path.places.release()

    def _begin(self, path: Path, key: object, deadline: Deadline) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                while self._young and now - next(iter(self._young.values())) >= SLOW_SECONDS:
                    del self._young[next(iter(self._young))]
                if len(self._young) < self._most:
                    break
                if not deadline.left():
                    raise no_answer(path.name, deadline)
                until_slow = SLOW_SECONDS - (now - next(iter(self._young.values())))
                self._changed.wait(min(deadline.left(), until_slow))
            path.begun[key] = self._young[key] = now


def result_of(done: Future[_Result], path: Path, deadline: Deadline) -> _Result:
    """Wait for what somebody else reads.

    :raises NoAnswerError: it is not there by the deadline.
    """
    try:
        return done.result(deadline.left())
    except NotYetError:
        if done.done():  # or that is what the work has raised
            return done.result()
    raise no_answer(path.name, deadline)


def no_answer(path: str, deadline: Deadline) -> NoAnswerError:
    """Return the error for what did not come in time."""
    return NoAnswerError(
        f"There was no answer about {path} within {deadline.seconds:g} s.",
        "Look at what is behind that path, such as a database, and at the way to Vault.",
    )
