# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one narrow place through which every request to Vault goes."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from .._common.errors import SwarmVaultError
from .answers import check, means_dead_token
from .auth import registry
from .auth.token_info import Token
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

    def close(self) -> None:
        """Give back a token that this client got by logging in, and close the connections."""
        token, self._token = self._token, None
        try:
            self._give_back(token)
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
                self._token = registry.login(self, self._options)
                self._give_back(refused)
            return self._token

    def _give_back(self, token: Token | None) -> None:
        """Revoke a token that we got by logging in."""
        if token is not None and token.revocable:
            # Whether or not it works: the token ends by itself, and what mattered is done.
            with contextlib.suppress(SwarmVaultError):
                self._send(Request("POST", "auth/token/revoke-self"), token, _REVOKE_SECONDS)

    def _worth_new_login(self, token: Token, answer: Answer) -> bool:
        if not token.from_login:
            return False
        age = time.monotonic() - token.since
        return (
            means_dead_token(answer)
            or token is not self._token
            or age > min(self.relogin_after, token.lease_seconds or self.relogin_after)
        )
