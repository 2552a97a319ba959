# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one end of a request, whatever it waits for.

The leader asks inside the lock of its store, and steps down after 30 s of that
(``timedMutex`` in swarmkit's manager/state/store/memory.go).
"""

from __future__ import annotations

import time
import typing as t

#: Of the whole time, what one request to Vault may take: the rest is to find out why it did not
#: answer.
REQUEST_SHARE = 0.75


@t.final
class Deadline:
    """Begins when it is made.

    :param seconds: how long it is.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.ends = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds until then, at least zero."""
        return max(0.0, self.ends - time.monotonic())
