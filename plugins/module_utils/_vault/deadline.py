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
import time
import typing as t
from contextvars import ContextVar

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


def left() -> float:
    """Return the seconds until then; infinite: there is no end, at least zero."""
    return max(0.0, _ENDS.get() - time.monotonic())
