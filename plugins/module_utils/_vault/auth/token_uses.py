# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a token may still be used, where the role that gave it sets a limit.

Every request counts, also a renewal and the one to give it back, and one that is refused. With its
last use a token is revoked, and with the token all of its leases; a lease that this very use would
create is revoked before anybody sees it (``handleRequest`` in vault/request_handling.go):
https://openbao.org/api-docs/auth/approle/#parameters (``token_num_uses``)
"""

from __future__ import annotations

import threading
import typing as t

# Kept back from reading: one to renew the token for a lease, and the last one, which would end it.
_KEPT_BACK = 2
#: What must be left where leases depend on the token.
LAST = 1


@t.final
class TokenUses:
    """Counts the uses of one token; safe to share among threads.

    :param count: how often it may be used in all; 0: without a limit.
    """

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._left = count
        self.count = count
        self.limited = count > 0
        # A token for one request has none to keep back.
        self._kept_back = min(_KEPT_BACK, count - 1)

    def take(self, spare: int | None = None) -> bool:
        """Count one use, unless too few would be left.

        :param spare: how many have to be left; None: what reading leaves to other things.
        :returns: whether the token may be used.
        """
        if not self.limited:
            return True
        with self._lock:
            if self._left <= (self._kept_back if spare is None else spare):
                return False
            self._left -= 1
            return True
