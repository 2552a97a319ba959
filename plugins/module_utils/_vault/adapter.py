# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one narrow place through which every request to Vault goes: the adapter of ``hvac``."""

from __future__ import annotations

import contextlib
import threading
import typing as t
from urllib.parse import unquote

from . import answers, exchange, retries, transport
from . import errors as vault_errors

try:
    from hvac.adapters import Adapter
except ImportError:  # connection.py says so, with the remedy
    Adapter = object  # lets the class be defined

if t.TYPE_CHECKING:
    from .._common import errors
    from . import options as vault_options
    from .auth import base

_API = "/v1/"
#: https://openbao.org/docs/concepts/response-wrapping/#response-wrapping-token-creation
_WRAP_TTL = "X-Vault-Wrap-TTL"


class Hook(t.Protocol):
    """Stands around every request: a test counts, delays, fails or kills in here."""

    def __call__(
        self, request: exchange.Request, send: t.Callable[[], exchange.Answer]
    ) -> exchange.Answer:
        """Carry the request out with ``send()`` and return its answer."""


class Access(t.Protocol):
    """With which token a request is sent."""

    @property
    def ours(self) -> bool:
        """Whether it is the token that we read with, so that Vault's answers tell about it."""

    def carry_out(self, send: t.Callable[[base.Token | None], exchange.Answer]) -> exchange.Answer:
        """Send with a token, and with another one where that helps."""


@t.final
class Showing:
    """One token, or none: for what a login consists of, and for questions about a token."""

    ours = False

    def __init__(self, token: base.Token | None) -> None:
        self._token = token

    def carry_out(self, send: t.Callable[[base.Token | None], exchange.Answer]) -> exchange.Answer:
        """Send with the token."""
        return send(self._token)


@t.final
class Lending:
    """Our own token, or for a while that of somebody else in one thread.

    :param own: our own.
    """

    def __init__(self, own: Access) -> None:
        self._own = own
        self._lent = threading.local()

    @property
    def ours(self) -> bool:
        """See :class:`Access`."""
        return self._current() is None and self._own.ours

    def carry_out(self, send: t.Callable[[base.Token | None], exchange.Answer]) -> exchange.Answer:
        """Send with the token of this thread."""
        lent = self._current()
        return self._own.carry_out(send) if lent is None else send(lent)

    @contextlib.contextmanager
    def lend(self, token: base.Token) -> t.Iterator[None]:
        """Send with a token in this thread."""
        self._lent.token = token
        try:
            yield
        finally:
            del self._lent.token

    def _current(self) -> base.Token | None:
        return getattr(self._lent, "token", None)


@t.final
class Sender:
    """What the adapters of one client share: its connections, and the tests' hook.

    :param options: the connection.
    :param pool_size: how many connections are kept open for requests side by side.
    :raises InputError: a file that an option names cannot be used.
    """

    def __init__(
        self, options: vault_options.VaultOptions, pool_size: int, hook: Hook | None
    ) -> None:
        self.options = options
        self._transport = transport.Transport(options, pool_size)
        self._hook = hook
        self._index: str | None = None

    def send(
        self,
        request: exchange.Request,
        headers: t.Mapping[str, str],
        limits: exchange.Limits = exchange.NO_LIMITS,
    ) -> exchange.Answer:
        """Send a request and wait for its answer.

        :raises SourceError: there is none.
        """
        index = {} if self._index is None else {exchange.INDEX_HEADER: self._index}

        def send() -> exchange.Answer:
            answer = self._transport.send(request, {**headers, **index}, limits)
            # A standby that lags behind is not to answer from before what we have seen: it might
            # not even know our token. Which of several threads was last does not matter.
            self._index = answer.index or self._index
            return answer

        return send() if self._hook is None else self._hook(request, send)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


@t.final
class VaultAdapter(Adapter):  # type: ignore[misc]  # hvac has no types
    """Carries the requests of hvac's API classes, and raises our errors in place of hvac's.

    Those of hvac hold whole answers, and so values.

    :param sender: sends them.
    :param access: with which token.
    :param repeatable: all of them may be sent twice, since they only look.
    :param limits: those of each request.
    :param diagnose: finds out more about a request that was not answered.
    """

    def __init__(
        self,
        sender: Sender,
        access: Access,
        *,
        diagnose: t.Callable[[vault_errors.NoAnswerError], errors.SourceError] | None = None,
        repeatable: bool = False,
        limits: exchange.Limits = exchange.NO_LIMITS,
    ) -> None:
        # A session of hvac's own is never used.
        super().__init__(base_uri=sender.options.url, session=_NO_SESSION)
        self._sender = sender
        self._access = access
        self._diagnose = diagnose
        self._repeatable = repeatable
        self._limits = limits

    def request(
        self,
        method: str,
        url: str,
        headers: t.Mapping[str, str] | None = None,
        raise_exception: bool = True,  # noqa: FBT001, FBT002 - hvac's signature
        **kwargs: t.Any,
    ) -> dict[str, t.Any]:
        """Send a request and return the JSON object that Vault answers.

        :param method: HTTP method, in whatever case.
        :param url: path from ``/v1/`` on, quoted.
        :param raise_exception: has no effect: an error is always raised.
        :param kwargs: query (``params``), body (``json``) and for how long to wrap the answer
            (``wrap_ttl``) are used; the files for TLS that hvac would hand on are those of the
            connection anyhow.
        :raises VaultUnreachableError: Vault cannot serve anybody now.
        :raises SourceUnreachableError: Vault could not serve this request now.
        :raises LoginError: Vault does not accept our credentials.
        :raises RefusedError: Vault answered this request with an error.
        """
        del raise_exception
        verb, path = method.upper(), unquote(url.lstrip("/")[len(_API) - 1 :])
        request = exchange.Request(
            verb,
            path,
            kwargs.get("params") or None,
            kwargs.get("json"),
            repeatable=self._repeatable or retries.is_harmless(verb, path),
        )

        asked = dict(headers or {})
        if kwargs.get("wrap_ttl"):
            asked[_WRAP_TTL] = str(kwargs["wrap_ttl"])

        def send(token: base.Token | None) -> exchange.Answer:
            shown = token.headers() if token is not None else {}
            return self._sender.send(request, {**asked, **shown}, self._limits)

        try:
            answer = self._access.carry_out(send)
        except vault_errors.NoAnswerError as error:
            silence = error
        else:
            dead = self._access.ours and answers.means_dead_token(answer)
            return answers.check(answer, request, self._sender.options, dead=dead)
        raise silence if self._diagnose is None else self._diagnose(silence)

    def get_login_token(self, response: t.Mapping[str, t.Any]) -> str:
        """Return the token that a login gave; hvac asks where it is to use it."""
        return str(response["auth"]["client_token"])

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()


class _NoSession:
    """Stands for the session that hvac would make for its own requests."""

    verify = cert = proxies = None

    def __bool__(self) -> bool:
        return True


_NO_SESSION = _NoSession()
