# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token of one client: got when it is needed, kept alive, replaced, and given back."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from ..._common import errors
from .. import answers, deadline
from .. import errors as vault_errors
from . import token_renewer, token_ttl, token_uses

if t.TYPE_CHECKING:
    from .. import exchange
    from . import base

_FORBIDDEN = 403


@t.final
class Session:
    """Safe to share among threads.

    :param log_in: gets a token.
    :param api: asks about a token with that very token.
    """

    #: Vault's answers tell about this very token.
    ours = True
    # A younger token that is refused without a reason lacks a policy; an older one may be revoked.
    login_again_after = 60.0

    def __init__(
        self, log_in: t.Callable[[], base.Token], api: t.Callable[[base.Token], token_ttl.TokenApi]
    ) -> None:
        self._log_in = log_in
        self._api = api
        self._lock = threading.Lock()
        self._current: _Kept | None = None
        self._outdated: list[_Kept] = []
        # Which token each lease hangs on; None: one that is not known to have created it.
        self._leases: dict[str, _Kept | None] = {}
        self._held_leases: set[str] = set()

    def carry_out(self, send: t.Callable[[base.Token | None], exchange.Answer]) -> exchange.Answer:
        """Send a request with our token, logging in for the first one.

        Where Vault refuses the token, another login may help. Where that is refused too, the first
        answer is the one that tells what is wrong, unless it says that the token is none.

        :raises SwarmVaultError: there is no token to be had.
        """
        kept = self._take()
        answer = send(kept.token)
        if answer.status == _FORBIDDEN and self._may_help(kept, answer):
            other = self._other_than(kept, dead=answers.means_dead_token(answer))
            if other is not None:
                kept = other
                answer = send(kept.token)
        if answer.body.get("lease_id"):
            self._leases[str(answer.body["lease_id"])] = kept
        return answer

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
        self._leases.pop(lease_id, None)

    def close(self, *, keep: bool = False) -> None:
        """Give back the tokens that we got by logging in, unless a lease depends on them.

        :param keep: give back none.
        """
        with self._lock:
            before, self._current = self._current, None
            self._put_aside(before)
            outdated, self._outdated = self._outdated, []
        needed = [self._leases[lease_id] for lease_id in self._held_leases]
        for kept in outdated:
            if not keep and kept not in needed:
                self._give_back(kept)

    def _take(self) -> _Kept:
        kept = self._current
        return kept if kept is not None and kept.uses.take() else self._replaced(kept)

    def _may_help(self, kept: _Kept, answer: exchange.Answer) -> bool:
        """Whether a new login may help after a 403."""
        token = kept.token
        if not token.from_login:
            return False
        if answers.means_dead_token(answer) or kept.replaced:
            return True
        longest = min(self.login_again_after, token.lease_seconds or self.login_again_after)
        return not kept.is_last and time.monotonic() - token.since > longest

    def _other_than(self, kept: _Kept, *, dead: bool) -> _Kept | None:
        """Log in, unless another thread has done so since this token was in use.

        :returns: another token for one request; None: Vault gives none, but this one may be good.
        :raises SwarmVaultError: there is none, and this one is none either.
        """
        try:
            other = self._replaced(kept)
        except errors.SwarmVaultError as error:
            if dead:
                raise
            # Once is enough: another refused login could lock an account.
            kept.is_last = isinstance(error, vault_errors.LoginError)
            return None
        kept.replaced = True
        return other

    def _replaced(self, before: _Kept | None) -> _Kept:
        """Log in, unless another thread has done so since this one was the current one.

        :raises NoAnswerError: another thread is at it for too long.
        """
        with deadline.locked(self._lock):
            kept = self._current
            if kept is None or kept is before or not kept.uses.take():
                kept = _Kept(self._logged_in_again(), self._api)
                kept.uses.take()
                self._put_aside(self._current)
                self._current = kept
            return kept

    def _logged_in_again(self) -> base.Token:
        """Log in.

        :raises LoginError: Vault refuses it.
        """
        before = self._current
        try:
            return self._log_in()
        except vault_errors.LoginError as error:
            if before is None or not before.uses.limited:
                raise
            problem = error
        raise vault_errors.LoginError(
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
            with contextlib.suppress(errors.SwarmVaultError):
                self._api(kept.token).revoke_self()


class _Kept:
    """A token with what looks after it."""

    def __init__(
        self, token: base.Token, api: t.Callable[[base.Token], token_ttl.TokenApi]
    ) -> None:
        self.token = token
        #: Vault refused it to somebody, who has got another one.
        self.replaced = False
        #: Vault gives no other one.
        self.is_last = False
        self.uses = token_uses.TokenUses(token.uses)
        self.ttl = token_ttl.TokenTtl(token, api, self.uses)
        self.renewer = token_renewer.TokenRenewer(self.ttl)
