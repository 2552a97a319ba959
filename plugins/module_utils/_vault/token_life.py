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

from .._common.errors import SourceUnreachableError, SwarmVaultError
from .errors import RefusedError
from .transport import Request

if t.TYPE_CHECKING:
    from .auth.token_info import Token

_WITHOUT_END = math.inf
# A run often creates several leases of the same length, one after the other: what is asked for the
# first is then enough for those that follow.
_ASKED_TO_NEEDED = 4 / 3
# How much of its life a token has left when it is renewed.
_RENEWED_WITH = 1 / 3
# Vault counts in whole seconds: a life longer by less than this is none that was renewed.
_LEAST_GAIN = 1.0


@t.final
class TokenLife:
    """What is known about the life of one token; safe to share among threads.

    :param token: the token.
    :param ask: sends a request with it and returns the JSON object, or raises a domain error.
    """

    # How long a run lasts before it asks about a token that somebody else made.
    short_run = 10.0

    def __init__(self, token: Token, ask: t.Callable[[Request], t.Mapping[str, t.Any]]) -> None:
        self.token = token
        self._ask = ask
        self._lock = threading.Lock()
        self._known = token.from_login or token.value is None
        self._look_at = token.since + self.short_run
        self._renewable = token.renewable
        # What it lives from one renewal to the next, and when it ends.
        self._span = self._usual = token.lease_seconds or _WITHOUT_END
        self._ends = token.since + self._span
        self._bounded = False
        self._needed = 0.0

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
            self._needed = max(self._needed, seconds)
            # Where Vault has set a bound, asking again gains too little until the token is due.
            if self.left() < seconds and (self._due_in() == 0 or not self._bounded):
                self._renew()
            return self.left()

    def due_in(self) -> float:
        """Return in how many seconds :meth:`refresh` is to be called; infinite: never."""
        with self._lock:
            if not self._known:
                return max(0.0, self._look_at - time.monotonic())
            return self._due_in()

    def refresh(self) -> None:
        """Renew it, or learn first whether and when that is needed."""
        with self._lock:
            if not self._known:
                self._look_up()
            elif self._due_in() == 0:
                self._renew()

    def _due_in(self) -> float:
        if not self._renewable or not 0 < self.left() < _WITHOUT_END:
            return math.inf
        return max(0.0, self.left() - self._span * _RENEWED_WITH)

    def _look_up(self) -> None:
        """Ask how long a token lives that somebody else made."""
        try:
            data = self._ask(Request("GET", "auth/token/lookup-self")).get("data") or {}
        except RefusedError:
            self._known = True  # the policy "default" allows it, but a token may do without
        except SwarmVaultError:
            # Vault is away now: the next one may learn it.
            self._look_at = time.monotonic() + self.short_run
        else:
            self._known = True
            self._usual = float(data.get("creation_ttl") or 0)
            self._learn(data.get("ttl"), renewable=data.get("renewable"))

    def _renew(self) -> None:
        if not self._renewable or self.left() == 0:
            return
        asked = math.ceil(max(self._needed * _ASKED_TO_NEEDED, self._usual))
        request = Request("POST", "auth/token/renew-self", json={"increment": f"{asked}s"})
        before = self.left()
        try:
            auth = self._ask(request).get("auth") or {}
        except SourceUnreachableError:
            # Vault is away now: the token lives as long as it does.
            self._span = before
        except SwarmVaultError:
            self._renewable = False
        else:
            self._learn(auth.get("lease_duration"), renewable=auth.get("renewable"))
            self._bounded = self.left() < asked - _LEAST_GAIN
            self._renewable &= self.left() - before >= _LEAST_GAIN

    def _learn(self, ttl: float | None, *, renewable: bool | None) -> None:
        self._span = ttl or _WITHOUT_END
        self._ends = time.monotonic() + self._span
        self._renewable = bool(renewable)
