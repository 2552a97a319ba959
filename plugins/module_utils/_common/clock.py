# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time and cancellation, handed in from outside.

A module has all the time it wants; the Docker plugin runs the same core under a deadline, and may
lose its leadership in the middle of a run.
"""

from __future__ import annotations

import time
import typing as t
from datetime import datetime, timezone


class Clock(t.Protocol):
    """What a run asks about time."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only ever count up, to measure how long something takes."""

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass, or fewer where the run is cancelled meanwhile."""

    def left(self) -> float | None:
        """Return the seconds until the caller's deadline; None: there is none."""

    def cancelled(self) -> bool:
        """Tell whether the run is to end before its next step."""


class SystemClock:
    """The machine's own time, without a deadline."""

    def now(self) -> datetime:
        """See :meth:`Clock.now`."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """See :meth:`Clock.monotonic`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See :meth:`Clock.sleep`."""
        time.sleep(seconds)

    def left(self) -> float | None:
        """See :meth:`Clock.left`."""
        return None

    def cancelled(self) -> bool:
        """See :meth:`Clock.cancelled`."""
        return False
