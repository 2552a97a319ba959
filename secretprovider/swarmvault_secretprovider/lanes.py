# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests are under way, so that neither Vault nor one slow path holds up the rest.

Each path has a few places of its own, and each Vault has some for all of its paths. What takes long
gives the latter back, and stays in the place of its path.
"""

from __future__ import annotations

import threading
import typing as t

from swarmvault_core._vault import deadline as core_deadline

from .workers import Workers

if t.TYPE_CHECKING:
    from .deadline import Deadline
    from .patience import Patience

_PER_PATH = 2

_Result = t.TypeVar("_Result")


class _Path:
    """A path that somebody reads or waits to read."""

    def __init__(self) -> None:
        self.places = threading.Semaphore(_PER_PATH)
        self.users = 0


@t.final
class Lanes:
    """Carries out reads of one Vault, in threads of its own.

    :param max_parallel: how many quick ones are under way at most.
    :param patience: waits for them.
    """

    def __init__(self, max_parallel: int, patience: Patience) -> None:
        self._places = threading.Semaphore(max_parallel)
        self._patience = patience
        self._workers = Workers()
        self._lock = threading.Lock()
        self._paths: dict[str, _Path] = {}

    def run(
        self,
        path: str,
        work: t.Callable[[], _Result],
        deadline: Deadline,
        *,
        on_behalf: bool = False,
    ) -> _Result:
        """Do some work that asks for a path, and return its result.

        :param deadline: bounds all requests of the work, and how long to wait for it.
        :param on_behalf: others wait for the result as well.
        :raises NoAnswerError: it is not done by then, or too many wait for it.
        """
        entry = self._entered(path)
        try:
            self._patience.acquire(entry.places, path, deadline)
            try:
                self._patience.acquire(self._places, path, deadline)
            except BaseException:
                entry.places.release()
                raise
            self._entered(path)  # for the thread, which may stay longer

            def bounded() -> _Result:
                try:
                    with core_deadline.until(deadline.ends):
                        return work()
                finally:
                    entry.places.release()
                    self._left(path, entry)

            done = self._workers.submit(bounded)
            return self._patience.result(
                done, path, deadline, self._places.release, on_behalf=on_behalf
            )
        finally:
            self._left(path, entry)

    def _entered(self, path: str) -> _Path:
        with self._lock:
            entry = self._paths.setdefault(path, _Path())
            entry.users += 1
            return entry

    def _left(self, path: str, entry: _Path) -> None:
        with self._lock:
            entry.users -= 1
            if not entry.users:
                del self._paths[path]
