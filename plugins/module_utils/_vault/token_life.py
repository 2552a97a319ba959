# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a token lives, and how it is made to live longer.

A lease ends together with the token that created it, so that whoever relies on a lease has to look
after the token: https://openbao.org/docs/concepts/lease/#lease-ids-are-tied-to-tokens
"""

from __future__ import annotations

import math
import threading
import time
import typing as t

from .._common.errors import SwarmVaultError
from .errors import RefusedError
from .transport import Request

if t.TYPE_CHECKING:
    from .auth.token_info import Token

_WITHOUT_END = math.inf
# A run often creates several leases of the same length, one after the other: what is asked for the
# first is then enough for those that follow.
_ASKED_TO_NEEDED = 4 / 3
# Where Vault gave less than was asked for, asking again is worth while only this much later.
_USED_UP = 2 / 3


@t.final
class TokenLife:
    """What is known about the life of one token; safe to share among threads.

    :param token: the token.
    :param ask: sends a request with it and returns the JSON object, or raises a domain error.
    """

    def __init__(self, token: Token, ask: t.Callable[[Request], t.Mapping[str, t.Any]]) -> None:
        self.token = token
        self._ask = ask
        self._lock = threading.Lock()
        self._known = token.from_login or token.value is None
        self._renewable = token.renewable
        self._ends = token.since + (token.lease_seconds or _WITHOUT_END)
        self._most = _WITHOUT_END

    def left(self) -> float:
        """Return how many seconds it lives on; infinite: without end, or not known."""
        return max(0.0, self._ends - time.monotonic())

    def extend(self, seconds: float) -> float:
        """Make it live for so long, where it would not anyhow and Vault allows it.

        :returns: how many seconds it lives on; infinite: without end, or not known.
        """
        with self._lock:
            if not self._known:
                self._look_up()
            if self._renewable and 0 < self.left() < min(seconds, self._most * _USED_UP):
                self._renew(seconds * _ASKED_TO_NEEDED)
            return self.left()

    def _look_up(self) -> None:
        """Ask how long a token lives that somebody else made."""
        try:
            data = self._ask(Request("GET", "auth/token/lookup-self")).get("data") or {}
        except RefusedError:
            # The policy "default" allows it, but a token may do without.
            self._known = True
            return
        except SwarmVaultError:
            return  # Vault is away now; the next one may learn it
        self._learn(float(data.get("ttl") or 0), renewable=bool(data.get("renewable")))

    def _renew(self, seconds: float) -> None:
        asked = math.ceil(seconds)
        request = Request("POST", "auth/token/renew-self", json={"increment": f"{asked}s"})
        try:
            auth = self._ask(request).get("auth") or {}
        except RefusedError:
            self._renewable = False
        except SwarmVaultError:
            pass  # Vault is away now; the token lives as long as it does
        else:
            given = float(auth.get("lease_duration") or 0)
            self._learn(given, renewable=bool(auth.get("renewable")))
            # A period or an end that Vault has set for the token.
            self._most = given if 0 < given < asked else _WITHOUT_END

    def _learn(self, ttl: float, *, renewable: bool) -> None:
        self._known, self._renewable = True, renewable
        self._ends = time.monotonic() + (ttl or _WITHOUT_END)
