# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remembers for a moment what could not be reached.

The leader asks for one secret after another inside the lock of its store: if each were to wait for
a Vault that is away, it would step down.
"""

from __future__ import annotations

import threading
import time
import typing as t

if t.TYPE_CHECKING:
    from swarmvault_core._common.errors import SourceUnreachableError

#: How long nobody asks again. The engine starts a task that failed anew after five seconds.
PAUSE_SECONDS = 3.0


@t.final
class Outages:
    """What cannot be reached, by a key; safe to share among threads.

    :param clock: seconds that only count up.
    """

    def __init__(self, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._since: dict[t.Hashable, tuple[float, SourceUnreachableError]] = {}

    def seen(self, key: t.Hashable, error: SourceUnreachableError) -> None:
        """Remember that something could not be reached just now."""
        with self._lock:
            self._forget()
            # Anew: an error that was raised holds on to what it went through, values included.
            self._since[key] = self._clock(), type(error)(error.message, error.remedy)

    def current(self, *keys: t.Hashable) -> SourceUnreachableError | None:
        """Return why one of several things was not reached a moment ago."""
        if not self._since:
            return None
        with self._lock:
            self._forget()
            return next((self._since[key][1] for key in keys if key in self._since), None)

    def _forget(self) -> None:
        oldest = self._clock() - PAUSE_SECONDS
        for key in [key for key, (since, _error) in self._since.items() if since <= oldest]:
            del self._since[key]
