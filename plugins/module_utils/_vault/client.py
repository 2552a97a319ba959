# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one narrow place through which every request to Vault goes."""

from __future__ import annotations

import time
import typing as t

from .answers import check, means_dead_token
from .auth import registry
from .auth.session import Session
from .failover import open_sender
from .transport import INDEX_HEADER, Answer, Request

if t.TYPE_CHECKING:
    from types import TracebackType

    from .._common.secret_value import SecretValue
    from .auth.base import Token
    from .options import VaultOptions

_FORBIDDEN = 403
# What is asked about a token is a courtesy, which must not hold up a run.
_COURTESY_SECONDS = 5.0


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
        # One more connection, for what is asked in the background about the token.
        self._transport = open_sender(options, max_parallel + 1)
        self._hook = hook
        self._index: str | None = None
        #: Credentials that could be had only once, for another login.
        self.unwrapped: dict[str, SecretValue] = {}
        self._tokens = Session(lambda: registry.login(self, options), self._ask_about)

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
        token = self._tokens.take()
        answer = self._send(request, token)
        if answer.status == _FORBIDDEN and self._worth_new_login(token, answer):
            token = self._tokens.replaced(token)
            answer = self._send(request, token)
        if answer.body.get("lease_id"):
            self._tokens.created_lease(str(answer.body["lease_id"]), token)
        return check(answer, request, self._options, dead=means_dead_token(answer))

    def login_request(self, path: str, json: t.Any, token: Token | None = None) -> dict[str, t.Any]:
        """Send what a login consists of and return the JSON object that Vault answers.

        :param token: a token other than ours; None: none, as with most logins.
        :raises SwarmVaultError: as for :meth:`request`.
        """
        request = Request("POST", path, json=json)
        return check(self._send(request, token), request, self._options)

    def hold_lease(self, lease_id: str, seconds: float) -> float:
        """Keep our token for as long as a lease needs it: when a token ends, so do its leases.

        Call it after the request that created the lease. What Vault does not tell or refuse to do
        shows in the result.

        :param lease_id: the lease; its token is not given back while it is held.
        :param seconds: how long the lease is to live.
        :returns: how many seconds it will really live, as far as can be known.
        :raises SourceError: somebody's use of the token is going to end the lease.
        """
        return self._tokens.hold_lease(lease_id, seconds)

    @property
    def held_leases(self) -> frozenset[str]:
        """The leases that were held and not dropped since."""
        return self._tokens.held_leases

    def drop_lease(self, lease_id: str) -> None:
        """Tell that a lease has ended or may end with our token; unknown ones are ignored."""
        self._tokens.drop_lease(lease_id)

    def close(self) -> None:
        """Give back the tokens that this client got by logging in, and close the connections.

        Those that leases hang on are left to end by themselves.
        """
        try:
            self._tokens.close()
        finally:
            self._transport.close()

    def _send(self, request: Request, token: Token | None, timeout: float | None = None) -> Answer:
        headers = token.headers() if token is not None else {}
        if self._index is not None:
            headers[INDEX_HEADER] = self._index

        def send() -> Answer:
            answer = self._transport.send(request, headers, timeout)
            # A standby that lags behind is not to answer from before what we have seen: it might
            # not even know our token. Which of several threads was last does not matter.
            self._index = answer.index or self._index
            return answer

        return send() if self._hook is None else self._hook(request, send)

    def _ask_about(self, token: Token, request: Request) -> dict[str, t.Any]:
        """Send a request about a token itself, which a new login would be no answer to."""
        seconds = min(self._options.timeout, _COURTESY_SECONDS)
        return check(self._send(request, token, seconds), request, self._options)

    def _worth_new_login(self, token: Token, answer: Answer) -> bool:
        if not token.from_login:
            return False
        age = time.monotonic() - token.since
        return (
            means_dead_token(answer)
            or self._tokens.is_refused(token)
            or age > min(self.relogin_after, token.lease_seconds or self.relogin_after)
        )
