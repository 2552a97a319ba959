# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a condition: always with a deadline, never a fixed sleep."""

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

    Exceptions named in ignore mean "not yet"; the last one is usually the reason, so it ends up in
    the message.
    """
    deadline = time.monotonic() + timeout
    while True:
        reason: Exception | None = None
        try:
            result = probe()
        except ignore as error:
            reason = error
        else:
            if result:
                return result
        if time.monotonic() >= deadline:
            because = f": {reason}" if reason else ""
            raise BedError(f"gave up after {timeout:g} s waiting for {what}{because}") from reason
        time.sleep(interval)
