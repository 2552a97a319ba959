# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token of one client: got when it is needed, kept alive, replaced, and given back."""

from __future__ import annotations

import contextlib
import functools
import threading
import typing as t

from .._common.errors import SwarmVaultError
from .renewal import Renewal
from .token_life import TokenLife
from .transport import Request

if t.TYPE_CHECKING:
    from .auth.token_info import Token

_GIVE_BACK = Request("POST", "auth/token/revoke-self")


class Ask(t.Protocol):
    """Sends a request about a token with that very token."""

    def __call__(self, token: Token, request: Request) -> t.Mapping[str, t.Any]:
        """Return the JSON object that Vault answers.

        :raises SwarmVaultError: Vault answered with an error, or not at all.
        """


@t.final
class TokenKeeper:
    """Safe to share among threads.

    :param log_in: gets a token.
    :param ask: sends a request about a token.
    """

    def __init__(self, log_in: t.Callable[[], Token], ask: Ask) -> None:
        self._log_in = log_in
        self._ask = ask
        self._lock = threading.Lock()
        self._current: _Kept | None = None
        self._outdated: list[_Kept] = []
        self._held_leases: set[str] = set()

    def current(self) -> Token:
        """Return the token, logging in for the first one.

        :raises SwarmVaultError: there is none to be had.
        """
        kept = self._current
        return self.replaced(None) if kept is None else kept.token

    def is_current(self, token: Token) -> bool:
        """Whether the token has not been replaced meanwhile."""
        kept = self._current
        return kept is not None and kept.token is token

    def replaced(self, refused: Token | None) -> Token:
        """Log in, unless another thread has done so since ``refused`` was in use.

        :raises SwarmVaultError: there is no token to be had.
        """
        with self._lock:
            if self._current is None or self._current.token is refused:
                token, before = self._log_in(), self._current
                self._current = _Kept(token, functools.partial(self._ask, token))
                self._put_aside(before)
            return self._current.token

    def hold_lease(self, lease_id: str, seconds: float) -> float:
        """Keep the token while a lease depends on it, and make it live for so many seconds.

        :returns: how many seconds the lease will live.
        """
        self._held_leases.add(lease_id)
        kept = self._current
        return seconds if kept is None else min(seconds, kept.life.extend(seconds))

    @property
    def held_leases(self) -> frozenset[str]:
        """The leases that the token is kept for."""
        return frozenset(self._held_leases)

    def drop_lease(self, lease_id: str) -> None:
        """Tell that no token is needed for a lease any more."""
        self._held_leases.discard(lease_id)

    def close(self) -> None:
        """Give back the tokens that we got by logging in, unless a lease depends on them."""
        with self._lock:
            before, self._current = self._current, None
            self._put_aside(before)
            outdated, self._outdated = self._outdated, []
        if not self._held_leases:
            for kept in outdated:
                self._give_back(kept)

    def _put_aside(self, kept: _Kept | None) -> None:
        """Remember a token until the end: another thread may just be reading with it.

        What it reads may be a lease, which would end together with the token.
        """
        self._outdated = [one for one in self._outdated if one.life.left() > 0]
        if kept is not None:
            kept.renewal.stop()
            self._outdated.append(kept)

    def _give_back(self, kept: _Kept) -> None:
        if kept.token.revocable and kept.life.left() > 0:
            # Whether or not it works: the token ends by itself, and what mattered is done.
            with contextlib.suppress(SwarmVaultError):
                self._ask(kept.token, _GIVE_BACK)


class _Kept:
    """A token with what looks after it."""

    def __init__(self, token: Token, ask: t.Callable[[Request], t.Mapping[str, t.Any]]) -> None:
        self.token = token
        self.life = TokenLife(token, ask)
        self.renewal = Renewal(self.life)
