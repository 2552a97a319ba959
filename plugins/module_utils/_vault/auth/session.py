# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token of one client: got when it is needed, kept alive, replaced, and given back."""

from __future__ import annotations

import contextlib
import functools
import threading
import typing as t

from ..._common.errors import SwarmVaultError
from ..errors import LoginError
from ..transport import Request
from .token_renewer import TokenRenewer
from .token_ttl import TokenTtl
from .token_uses import TokenUses

if t.TYPE_CHECKING:
    from .base import Token

_GIVE_BACK = Request("POST", "auth/token/revoke-self")


class Ask(t.Protocol):
    """Sends a request about a token with that very token."""

    def __call__(self, token: Token, request: Request) -> t.Mapping[str, t.Any]:
        """Return the JSON object that Vault answers.

        :raises SwarmVaultError: Vault answered with an error, or not at all.
        """


@t.final
class Session:
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
        # Which token each lease hangs on; None: one that is not known to have created it.
        self._leases: dict[str, _Kept | None] = {}
        self._held_leases: set[str] = set()

    def take(self) -> Token:
        """Return the token for one request, logging in for the first one.

        :raises SwarmVaultError: there is none to be had.
        """
        kept = self._current
        return kept.token if kept is not None and kept.uses.take() else self._replaced(kept)

    def is_refused(self, token: Token) -> bool:
        """Whether Vault has meanwhile refused the token to somebody else."""
        return not any(kept.token is token and not kept.refused for kept in self._all())

    def replaced(self, refused: Token) -> Token:
        """Log in, unless another thread has done so since ``refused`` was in use.

        :returns: the token for one request.
        :raises SwarmVaultError: there is no token to be had.
        """
        found = next((kept for kept in self._all() if kept.token is refused), None)
        if found is not None:
            found.refused = True
        return self._replaced(found)

    def created_lease(self, lease_id: str, token: Token) -> None:
        """Note which token a lease hangs on."""
        self._leases[lease_id] = next((kept for kept in self._all() if kept.token is token), None)

    def hold_lease(self, lease_id: str, seconds: float) -> float:
        """Keep the token that a lease depends on, and make it live for so many seconds.

        :returns: how many seconds the lease will live.
        :raises SourceError: the lease is going to end with the next uses of a token.
        """
        kept = self._leases.setdefault(lease_id, self._current)
        self._held_leases.add(lease_id)
        return seconds if kept is None else min(seconds, kept.ttl.extend(seconds))

    @property
    def held_leases(self) -> frozenset[str]:
        """The leases that tokens are kept for."""
        return frozenset(self._held_leases)

    def drop_lease(self, lease_id: str) -> None:
        """Tell that no token is needed for a lease any more; unknown ones are ignored."""
        self._held_leases.discard(lease_id)

    def close(self) -> None:
        """Give back the tokens that we got by logging in, unless a lease depends on them."""
        with self._lock:
            before, self._current = self._current, None
            self._put_aside(before)
            outdated, self._outdated = self._outdated, []
        needed = [self._leases[lease_id] for lease_id in self._held_leases]
        for kept in outdated:
            if kept not in needed:
                self._give_back(kept)

    def _all(self) -> list[_Kept]:
        with self._lock:
            return [*self._outdated, *([] if self._current is None else [self._current])]

    def _replaced(self, before: _Kept | None) -> Token:
        """Log in, unless another thread has done so since this one was the current one."""
        with self._lock:
            kept = self._current
            if kept is None or kept is before or not kept.uses.take():
                kept = _Kept(self._logged_in_again(), self._ask)
                kept.uses.take()
                self._put_aside(self._current)
                self._current = kept
            return kept.token

    def _logged_in_again(self) -> Token:
        """Log in.

        :raises LoginError: Vault refuses it.
        """
        before = self._current
        try:
            return self._log_in()
        except LoginError as error:
            if before is None or not before.uses.limited:
                raise
            problem = error
        raise LoginError(
            f"Each login gives a token for {before.uses.count} requests only, too few for this"
            f" run, and another login failed: {problem.message}",
            "Set token_num_uses of the role to 0, which is no limit, or let what the login shows be"
            " used more often (secret_id_num_uses of an AppRole).",
        )

    def _put_aside(self, kept: _Kept | None) -> None:
        """Remember a token until the end: another thread may just be reading with it.

        What it reads may be a lease, which would end together with the token.
        """
        self._outdated = [one for one in self._outdated if one.ttl.left() > 0]
        if kept is not None:
            kept.renewer.stop()
            self._outdated.append(kept)

    def _give_back(self, kept: _Kept) -> None:
        if kept.token.revocable and kept.ttl.left() > 0 and kept.uses.take(spare=0):
            # Whether or not it works: the token ends by itself, and what mattered is done.
            with contextlib.suppress(SwarmVaultError):
                self._ask(kept.token, _GIVE_BACK)


class _Kept:
    """A token with what looks after it."""

    def __init__(self, token: Token, ask: Ask) -> None:
        self.token = token
        self.refused = False
        self.uses = TokenUses(token.uses)
        self.ttl = TokenTtl(token, functools.partial(ask, token), self.uses)
        self.renewer = TokenRenewer(self.ttl)
