# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a condition: always a deadline, never a fixed sleep."""

from __future__ import annotations

import collections.abc as c
import time
import typing as t

from testbed.errors import BedError

T = t.TypeVar("T")


def wait_for(
    what: str,
    probe: c.Callable[[], T | None],
    *,
    timeout: float,
    interval: float = 0.1,
    ignore: tuple[type[Exception], ...] = (),
) -> T:
    """Call the probe until it gives something true; after the deadline say what was waited for.

    Exceptions named in ignore count as "not yet"; the last one ends up in the message, since it
    is usually the reason.
    """
    deadline = time.monotonic() + timeout
    last: Exception | None = None
    while True:
        try:
            result = probe()
            if result:
                return result
            last = None
        except ignore as exc:
            last = exc
        if time.monotonic() >= deadline:
            raise BedError(
                f"gave up after {timeout:g} s waiting for {what}" + (f": {last}" if last else "")
            ) from last
        time.sleep(interval)
