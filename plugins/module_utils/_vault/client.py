# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one narrow place through which every request to Vault goes."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
import typing as t

from .._common.errors import SwarmVaultError
from .answers import check, means_dead_token
from .auth import registry
from .auth.token_info import Token
from .token_life import TokenLife
from .transport import Answer, Request, Transport

if t.TYPE_CHECKING:
    from types import TracebackType

    from .options import VaultOptions

_FORBIDDEN = 403
# Giving a token back is a courtesy, which must not hold up a run: it expires anyway.
_REVOKE_SECONDS = 5.0


class Hook(t.Protocol):
    """Stands around every request: a test counts, delays, fails or kills in here."""

    def __call__(self, request: Request, send: t.Callable[[], Answer]) -> Answer:
        """Carry the request out with ``send()`` and return its answer."""


@t.final
class VaultClient:
    """Asks Vault, logging in when the first request needs it; safe to share among threads.

    :param options: how to reach Vault and how to log in.
    :param max_parallel: how many requests are under way at most; connections are kept for them.
    :param hook: stands around every request, logins included.
    :raises DependencyError: a Python library is missing.
    :raises InputError: a file that an option names cannot be used.
    """

    # A younger token that is refused without a reason lacks a policy; an older one may be revoked.
    relogin_after = 60.0

    def __init__(
        self, options: VaultOptions, max_parallel: int = 8, hook: Hook | None = None
    ) -> None:
        self._options = options
        self._transport = Transport(options, max_parallel)
        self._hook = hook
        self._login_lock = threading.Lock()
        self._token: Token | None = None
        self._life: TokenLife | None = None
        self._outdated: list[TokenLife] = []
        self._held_leases: set[str] = set()

    def __enter__(self) -> VaultClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: t.Mapping[str, t.Any] | None = None,
        json: t.Any = None,
    ) -> dict[str, t.Any]:
        """Send a request with our token and return the JSON object that Vault answers.

        :param path: path below ``/v1/``, unquoted.
        :raises VaultUnreachableError: Vault cannot serve anybody now.
        :raises SourceUnreachableError: Vault could not serve this request now.
        :raises LoginError: Vault does not accept our credentials.
        :raises RefusedError: Vault answered this request with an error.
        """
        request = Request(method, path, params, json)
        token = self._current_token()
        answer = self._send(request, token)
        if answer.status == _FORBIDDEN and self._worth_new_login(token, answer):
            token = self._new_token(token)
            answer = self._send(request, token)
        return check(answer, request, self._options, dead=means_dead_token(answer))

    def login_request(self, path: str, json: t.Any) -> dict[str, t.Any]:
        """Send a login, which carries no token, and return the JSON object that Vault answers.

        :raises SwarmVaultError: as for :meth:`request`.
        """
        request = Request("POST", path, json=json)
        return check(self._send(request, token=None), request, self._options)

    def hold_lease(self, lease_id: str, seconds: float) -> float:
        """Keep our token for as long as a lease needs it: when a token ends, so do its leases.

        Call it after the request that created the lease. It never fails: what Vault does not tell
        or refuse to do shows in the result.

        :param lease_id: the lease; the token is not given back while one is held.
        :param seconds: how long the lease is to live.
        :returns: how many seconds it will really live, as far as can be known.
        """
        self._held_leases.add(lease_id)
        life = self._life
        return seconds if life is None else min(seconds, life.extend(seconds))

    def drop_lease(self, lease_id: str) -> None:
        """Tell that a lease has ended or may end with our token; unknown ones are ignored."""
        self._held_leases.discard(lease_id)

    def close(self) -> None:
        """Give back the tokens that this client got by logging in, and close the connections.

        While a lease is held they are left to end by themselves.
        """
        lives = [*self._outdated, *([self._life] if self._life else [])]
        self._token, self._life, self._outdated = None, None, []
        try:
            if not self._held_leases:
                for life in lives:
                    self._give_back(life)
        finally:
            self._transport.close()

    def _send(self, request: Request, token: Token | None, timeout: float | None = None) -> Answer:
        headers = token.headers() if token is not None else {}

        def send() -> Answer:
            return self._transport.send(request, headers, timeout)

        return send() if self._hook is None else self._hook(request, send)

    def _current_token(self) -> Token:
        return self._token or self._new_token(None)

    def _new_token(self, refused: Token | None) -> Token:
        """Log in, unless another thread has done so since ``refused`` was in use."""
        with self._login_lock:
            if self._token is None or self._token is refused:
                token = registry.login(self, self._options)
                self._put_aside()
                self._life = TokenLife(token, functools.partial(self._ask_with, token))
                self._token = token
            return self._token

    def _put_aside(self) -> None:
        """Remember the token so far until the end: another thread may just be reading with it.

        What it reads may be a lease, which would end together with the token.
        """
        alive = [life for life in self._outdated if life.left() > 0]
        self._outdated = [*alive, *([self._life] if self._life else [])]

    def _ask_with(self, token: Token, request: Request) -> dict[str, t.Any]:
        """Send a request about the token itself, which a new login would be no answer to."""
        return check(self._send(request, token), request, self._options)

    def _give_back(self, life: TokenLife) -> None:
        """Revoke a token that we got by logging in."""
        if life.token.revocable and life.left() > 0:
            # Whether or not it works: the token ends by itself, and what mattered is done.
            with contextlib.suppress(SwarmVaultError):
                self._send(Request("POST", "auth/token/revoke-self"), life.token, _REVOKE_SECONDS)

    def _worth_new_login(self, token: Token, answer: Answer) -> bool:
        if not token.from_login:
            return False
        age = time.monotonic() - token.since
        return (
            means_dead_token(answer)
            or token is not self._token
            or age > min(self.relogin_after, token.lease_seconds or self.relogin_after)
        )
