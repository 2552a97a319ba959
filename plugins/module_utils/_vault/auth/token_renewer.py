# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renews a token in the background, so that a long run does not have to log in again."""

from __future__ import annotations

import math
import threading
import typing as t

from .. import deadline

if t.TYPE_CHECKING:
    from . import token_ttl

# A renewal that is under way must not hold up the end of a run.
_STOP_SECONDS = 5.0


@t.final
class TokenRenewer:
    """A thread that renews one token whenever it is due, until it is stopped.

    There is none where there is nothing to renew, and it ends by itself where there is nothing
    more: a token that has reached its end is replaced by a new login as soon as Vault refuses it.
    """

    def __init__(self, ttl: token_ttl.TokenTtl) -> None:
        self._ttl = ttl
        self._stopped = threading.Event()
        # A daemon: nobody waits for it where a run ends without closing its client.
        self._thread = threading.Thread(target=self._run, name="vault-token", daemon=True)
        if ttl.due_in() < math.inf:
            self._thread.start()

    def stop(self) -> None:
        """Let the token end by itself."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join(min(_STOP_SECONDS, deadline.left()))

    def _run(self) -> None:
        while True:
            pause = self._ttl.due_in()
            if pause == math.inf or self._stopped.wait(min(pause, threading.TIMEOUT_MAX)):
                return
            self._ttl.refresh()
