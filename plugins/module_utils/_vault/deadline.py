# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One end for all requests that a caller makes, its logins included.

A run has a limit for each request. The Docker plugin has one for whatever a task needs, below the
engine's own.
"""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
import typing as t
from contextvars import ContextVar

from . import errors as vault_errors

_Result = t.TypeVar("_Result")
_ENDS: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextlib.contextmanager
def until(ends: float) -> t.Iterator[None]:
    """Let no request of this thread wait any longer.

    :param ends: on the monotonic clock.
    """
    token = _ENDS.set(min(ends, _ENDS.get()))
    try:
        yield
    finally:
        _ENDS.reset(token)


@contextlib.contextmanager
def locked(lock: threading.Lock) -> t.Iterator[None]:
    """Hold a lock, which somebody may hold who asks Vault meanwhile.

    :raises NoAnswerError: it is not to be had by then.
    """
    seconds = left()
    if not lock.acquire(timeout=-1 if seconds == math.inf else seconds):
        raise vault_errors.NoAnswerError(
            "There was no time left to wait for a token of Vault.",
            "Look at the way to Vault: others wait for it too.",
        )
    try:
        yield
    finally:
        lock.release()


def bounded(work: t.Callable[[], _Result], seconds: float) -> _Result:
    """Do some work that nothing else bounds, such as asking for an address by its name.

    Where there is an end, a thread does it, which is left behind if it hangs.

    :param seconds: how long to wait, where there is an end.
    :raises socket.timeout: it was not done by then.
    """
    if left() == math.inf:
        return work()
    results: list[_Result] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001  # handed to whoever waits
            failures.append(error)

    thread = threading.Thread(target=run, name="vault-name", daemon=True)
    thread.start()
    thread.join(seconds)
    for error in failures:
        raise error
    for result in results:
        return result
    raise socket.timeout("timed out")


def left() -> float:
    """Return the seconds until then; infinite: there is no end, at least zero."""
    return max(0.0, _ENDS.get() - time.monotonic())
