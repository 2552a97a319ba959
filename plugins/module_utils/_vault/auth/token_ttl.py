# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a token lives, and how it is made to live longer.

A lease ends together with the token that created it, so that whoever relies on a lease has to look
after the token: https://openbao.org/docs/concepts/lease/#lease-ids-are-tied-to-tokens

Only a token that we got by logging in is made to live longer. One that somebody else made is theirs
to look after: it ends when they meant it to, and so do its leases.
"""

from __future__ import annotations

import math
import threading
import time
import typing as t

from ..._common import errors
from .. import deadline
from .. import errors as vault_errors
from . import token_uses

if t.TYPE_CHECKING:
    from . import base

_WITHOUT_END = math.inf
# A run often creates several leases of the same length, one after the other: what is asked for the
# first is then enough for those that follow.
_ASKED_TO_NEEDED = 4 / 3
# How much of its life a token has left when it is renewed.
_RENEWED_WITH = 1 / 3
# Vault counts in whole seconds: a life longer by less than this is none that was renewed.
_LEAST_GAIN = 1.0


class TokenApi(t.Protocol):
    """Asks about a token with that very token: the API class of ``hvac``.

    :raises SwarmVaultError: Vault answered with an error, or not at all.
    """

    def lookup_self(self) -> dict[str, t.Any]:
        """Tell what Vault knows of it."""

    def renew_self(self, increment: str) -> dict[str, t.Any]:
        """Ask for a longer life."""

    def revoke_self(self) -> dict[str, t.Any]:
        """Give it back."""


@t.final
class TokenTtl:
    """What is known about the life of one token; safe to share among threads.

    :param token: the token.
    :param api: asks about a token with that very token.
    :param uses: how often it may still be used.
    """

    def __init__(
        self,
        token: base.Token,
        api: t.Callable[[base.Token], TokenApi],
        uses: token_uses.TokenUses,
    ) -> None:
        self.token = token
        self._api = api
        self._uses = uses
        self._lock = threading.Lock()
        self._known = token.from_login or token.value is None
        self._renewable = token.from_login and token.renewable
        # What it lives from one renewal to the next, and when it ends.
        self._span = self._usual = token.lease_seconds or _WITHOUT_END
        self._ends = token.since + self._span
        self._bounded = False
        self._needed = 0.0

    def left(self) -> float:
        """Return how many seconds it lives on; infinite: without end, or not known."""
        return max(0.0, self._ends - time.monotonic())

    def extend(self, seconds: float) -> float:
        """Make it live for so long, where it is ours, would not anyhow, and Vault allows it.

        :returns: how many seconds it lives on; infinite: without end, or not known.
        :raises SourceError: it is not ours, and somebody's use of it will end it.
        """
        with deadline.locked(self._lock):
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
            # Where each renewal is one request less, a new login comes cheaper.
            return math.inf if self._uses.limited else self._due_in()

    def refresh(self) -> None:
        """Renew it, where that is due."""
        with self._lock:
            if self._due_in() == 0:
                self._renew()

    def _due_in(self) -> float:
        if not self._renewable or not 0 < self.left() < _WITHOUT_END:
            return math.inf
        return max(0.0, self.left() - self._span * _RENEWED_WITH)

    def _look_up(self) -> None:
        """Ask how long a token lives that somebody else made.

        :raises SourceError: it may be used a number of times only.
        """
        try:
            data = self._api(self.token).lookup_self().get("data") or {}
        except vault_errors.RefusedError:
            self._known = True  # the policy "default" allows it, but a token may do without
        except errors.SwarmVaultError:
            pass  # Vault is away now: the next one may learn it
        else:
            # Not 0 either way: so many are left, or that was the last one.
            if data.get("num_uses"):
                raise errors.SourceError(
                    "The token in vault_token may be used a number of times only (num_uses), and"
                    " with its last use everything ends that it has leased.",
                    "Use a token without such a limit, or another vault_auth_method: the token of"
                    " a login is kept for its leases.",
                )
            self._known = True
            self._ends = time.monotonic() + (data.get("ttl") or _WITHOUT_END)

    def _renew(self) -> None:
        if not self._renewable or self.left() == 0 or not self._uses.take(spare=token_uses.LAST):
            return
        asked = math.ceil(max(self._needed * _ASKED_TO_NEEDED, self._usual))
        before = self.left()
        try:
            auth = self._api(self.token).renew_self(increment=f"{asked}s").get("auth") or {}
        except errors.SourceUnreachableError:
            # Vault is away now: the token lives as long as it does.
            self._span = before
        except errors.SwarmVaultError:
            self._renewable = False
        else:
            self._span = auth.get("lease_duration") or _WITHOUT_END
            self._ends = time.monotonic() + self._span
            self._bounded = self.left() < asked - _LEAST_GAIN
            self._renewable = bool(auth.get("renewable")) and (self.left() - before >= _LEAST_GAIN)
