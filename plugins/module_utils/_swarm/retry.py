# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads that survive a passing fault: a leader election, a lost connection."""

from __future__ import annotations

import itertools
import time
import typing as t

from .._common.errors import DockerError
from .transport import Transport

# Not urllib3's Retry: "no leader" and final refusals come with the same status, only the text
# tells them apart (see answer_faults.py).
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each further try: an election takes one to a few."""

GIVE_UP_AFTER = 30.0
"""Seconds after which no further try starts. Where the leader is gone without a word, the engine
waits 20 s before it gives up the first try (moby, ``daemon/cluster/cluster.go``,
swarmRequestTimeout); the second one then meets the new leader."""


class RetryingTransport:
    """Repeats a GET after a passing fault; everything else is passed on as it is.

    A write is never repeated: whether the engine carried it out is unknown, and only the caller
    can look.
    """

    def __init__(self, inner: Transport, pauses: t.Sequence[float] = PAUSES) -> None:
        self._inner = inner
        self._pauses = pauses

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        """See :meth:`Transport.call`."""
        start = time.monotonic()
        for pause in itertools.chain(self._pauses, (None,)):
            try:
                return self._inner.call(method, path, params, body)
            except DockerError as exc:
                late = time.monotonic() - start > GIVE_UP_AFTER
                if method != "GET" or not exc.transient or pause is None or late:
                    raise
                time.sleep(pause)
        raise AssertionError("the last try returns or raises")
