# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values for the time that Vault cannot be reached: in memory only, bounded in time and size."""

from __future__ import annotations

import threading
import time
import typing as t
from collections import OrderedDict

from .settings import LONGEST_CACHE

if t.TYPE_CHECKING:
    from swarmvault_core._common.secret_value import SecretValue

#: What an entry takes beside its value, roughly: so that many small ones are bounded as well.
_OVERHEAD = 512


class Cached(t.NamedTuple):
    """A value that was read before.

    :param age: how many seconds ago.
    """

    value: SecretValue
    age: float


@t.final
class Cache:
    """Keeps the values used last; safe to share among threads.

    A key says all that decides who may have a value: see ``provider``.

    :param seconds: how long a value is kept; 0: there is no cache.
    :param most_bytes: how much they take in memory at most.
    :param clock: seconds that only count up.
    """

    def __init__(
        self, seconds: float, most_bytes: int, clock: t.Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = min(seconds, LONGEST_CACHE)
        self._most_bytes = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[t.Hashable, tuple[SecretValue, float]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """How many bytes the values take in memory."""
        return self._bytes

    def put(self, key: t.Hashable, value: SecretValue) -> None:
        """Keep a value, in place of the one before."""
        size = len(value) + _OVERHEAD
        with self._lock:
            self._drop(key)
            if self._seconds <= 0 or size > self._most_bytes:
                return
            self._entries[key] = value, self._clock()
            self._bytes += size
            self._expire()
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._entries)))

    def get(self, key: t.Hashable) -> Cached | None:
        """Return a value that is not too old."""
        with self._lock:
            self._expire()
            if key not in self._entries:
                return None
            value, since = self._entries[key]
            return Cached(value, self._clock() - since)

    def drop(self, key: t.Hashable) -> None:
        """Forget a value that Vault would not give any more."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def _expire(self) -> None:
        # Each is put at the end when it is read, so that the oldest come first.
        oldest = self._clock() - self._seconds
        while self._entries:
            key = next(iter(self._entries))
            if self._entries[key][1] > oldest:
                return
            self._drop(key)

    def _drop(self, key: t.Hashable) -> None:
        found = self._entries.pop(key, None)
        if found is not None:
            self._bytes -= len(found[0]) + _OVERHEAD
