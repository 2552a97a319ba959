# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads that ask Vault, so that whoever waits for them can stop waiting.

Not those of ``concurrent.futures``: Python waits for them at its end, which would hold up that of
the plugin by a name server that does not answer.
"""

from __future__ import annotations

import queue
import threading
import typing as t
from concurrent.futures import Future

_Result = t.TypeVar("_Result")
_Job = t.Callable[[], None]


@t.final
class Workers:
    """Makes a thread where none is idle, and keeps those that there are."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0

    def submit(self, work: t.Callable[[], _Result]) -> Future[_Result]:
        """Let a thread do some work, and return what will have its result."""
        done: Future[_Result] = Future()

        def job() -> None:
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001  # handed to whoever waits
                done.set_exception(error)
            else:
                done.set_result(result)

        with self._lock:
            new = self._idle == 0
            if not new:
                self._idle -= 1
        if new:
            threading.Thread(target=self._run, args=(job,), name="vault", daemon=True).start()
        else:
            self._jobs.put(job)
        return done

    def _run(self, job: _Job) -> None:
        while True:
            job()
            del job  # what it read
            with self._lock:
                self._idle += 1
            job = self._jobs.get()
