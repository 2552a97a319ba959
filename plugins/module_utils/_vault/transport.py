# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries a request to one of the addresses of Vault, and tries again where that is right.

All tries of a request have the time of one. In a round each address is asked once. Of the time that
is left each gets a fair share for making a connection; whoever has been sent the request may take
all of it to answer.
"""

from __future__ import annotations

import time
import typing as t
from functools import cached_property
from urllib.parse import urlsplit

from .._common import errors as common_errors
from . import answers, deadline, exchange, json_text
from . import errors as vault_errors
from .connections import Connections, Pool, Progress
from .retries import RETRIED_STATUSES, Outcome, Tries, may_follow, outcome_of

try:
    import requests
    from urllib3.exceptions import HTTPError, InvalidHeader
    from urllib3.util.retry import Retry
except ImportError:  # connection.py says so, with the remedy
    pass

if t.TYPE_CHECKING:
    import collections.abc as c

    import urllib3

    from . import options as vault_options

_NO_CONTENT = 204
_LEAST_SECONDS = 0.001  # zero would mean not to wait at all
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_MOST_REDIRECTS = 2
_PORTS = {"http": 80, "https": 443}


class _Failure(t.NamedTuple):
    """Why an address gave no answer to go by.

    :param answer: what it answered all the same.
    """

    outcome: Outcome
    error: common_errors.SourceError
    answer: exchange.Answer | None = None

    @property
    def asked_wait(self) -> float:
        """How many seconds the server asks to wait."""
        return self.answer.retry_after if self.answer else 0.0


@t.final
class Transport:
    """The connections to one Vault; safe to share among threads.

    :param options: where it is and how it is reached.
    :param pool_size: how many connections are kept open for requests side by side.
    :raises InputError: a file that an option names cannot be used.
    """

    def __init__(self, options: vault_options.VaultOptions, pool_size: int) -> None:
        self._options = options
        self._progress = Progress()
        connections = Connections(options, pool_size, self._progress)
        self._addresses = [_Address(one, connections) for one in options.at_each_address()]
        # The last one that could serve.
        self._first = 0

    def send(
        self,
        request: exchange.Request,
        headers: t.Mapping[str, str],
        limits: exchange.Limits = exchange.NO_LIMITS,
    ) -> exchange.Answer:
        """Send a request and wait for the answer of an address that can serve, whatever it says.

        :param request: what to ask.
        :param headers: HTTP headers beyond those of every request.
        :param limits: those of this request.
        :raises SourceUnreachableError: none can.
        :raises WrongAddressError: what answers is not Vault.
        """
        seconds = self._options.timeout if limits.seconds is None else limits.seconds
        seconds = min(seconds, deadline.left())
        policy = self._options.retries if limits.retries is None else limits.retries
        self._progress.begin(seconds)
        call = _Call(request, headers, seconds, policy)
        tries = Tries(policy)
        while True:
            answer = self._ask_around(call)
            if answer is not None:
                return answer
            again = [failure for failure in call.failures.values() if call.may_ask(failure)]
            if call.final is not None or not again:
                break
            pause = tries.next_pause(
                {failure.outcome for failure in again},
                min(failure.asked_wait for failure in again),
            )
            if pause is None or pause >= self._progress.left():
                break
            time.sleep(pause)
        # Out here, so as not to be chained to an error that holds the request, token and all.
        return call.outcome()

    def close(self) -> None:
        """Close the connections."""
        for address in self._addresses:
            address.close()

    def _ask_around(self, call: _Call) -> exchange.Answer | None:
        """Ask each address once, until one can serve; notes why the others cannot."""
        count = len(self._addresses)
        order = [(self._first + step) % count for step in range(count)]
        waiting = [index for index in order if call.may_ask(call.failures.get(index))]
        redirects = 0
        while waiting and self._progress.left() > 0:
            index = waiting.pop(0)
            self._progress.begin_try(self._progress.left() / (1 + len(waiting)))
            tried = self._addresses[index].ask(call, self._progress)
            if isinstance(tried, exchange.Answer):
                self._first = index
                return tried
            if isinstance(tried, str):
                redirects += 1
                target = self._redirected(index, tried, redirects)
                if isinstance(target, int):
                    # Told where that one cannot serve either.
                    call.failures[index] = self._addresses[index].on_standby(
                        self._addresses[target]
                    )
                    waiting = [target, *(other for other in waiting if other != target)]
                    continue
                tried = target
            call.failures[index] = tried
            self._first = self._first_after(index, tried.outcome)
            if not may_follow(call.request, tried.outcome, call.retries):
                call.final = tried
            if call.final or not tried.outcome.value.elsewhere:
                break
        return None

    def _first_after(self, index: int, outcome: Outcome) -> int:
        """Return the address to begin with after a failure of this one."""
        if outcome is Outcome.UNANSWERED:
            return (index + 1) % len(self._addresses)
        return index if outcome is Outcome.LIMITED else self._first

    def _redirected(self, index: int, location: str, redirects: int) -> int | _Failure:
        """Return the listed address that a redirect leads to: no credential goes elsewhere.

        It gets the same request, so that the path that the redirect names does not matter.
        """
        own = self._addresses[index]
        origin = _origin(location) or (own.origin if location.startswith("/") else None)
        listed = [address.origin for address in self._addresses]
        if origin is None:
            return own.unusable("redirects to nowhere", "Set vault_url to the active node.")
        if own.origin[0] == "https" and origin[0] != "https":
            return own.unusable(
                "redirects from https to http, which is not followed",
                "Set vault_url to the https:// address of the active node.",
            )
        if origin not in listed:
            scheme, host, port = origin
            shown = f"[{host}]" if ":" in host else host
            return own.unusable(
                f"redirects to {scheme}://{shown}:{port}, which vault_url does not list",
                "If it is an address of this Vault, add it to vault_url. Otherwise find out who"
                " redirects: nothing was sent there.",
            )
        if redirects > _MOST_REDIRECTS:
            return own.unusable(
                "redirects in a circle", "Set vault_url to the active node or its load balancer."
            )
        return listed.index(origin)


class _Call:
    """One request on its way, with what came of it so far."""

    def __init__(
        self,
        request: exchange.Request,
        headers: t.Mapping[str, str],
        seconds: float,
        retries: vault_options.Retries,
    ) -> None:
        self.request = request
        self.headers = headers
        self.seconds = seconds
        self.retries = retries
        self.failures: dict[int, _Failure] = {}
        #: After this one it must not be sent again.
        self.final: _Failure | None = None

    def may_ask(self, failure: _Failure | None) -> bool:
        """Whether an address may be asked that has failed so; None: it has not."""
        if failure is None:
            return True
        listed = self.retries.status_forcelist
        answer = failure.answer
        passes = answer is None or answer.status in (RETRIED_STATUSES if listed is None else listed)
        return failure.outcome.value.here and passes

    def outcome(self) -> exchange.Answer:
        """Return the last answer, where there is but one.

        :raises SourceError: there is none, or there are several.
        """
        failures = [self.failures[index] for index in sorted(self.failures)]
        if self.final is not None:
            failures = [self.final]
        if not failures:
            raise vault_errors.NoAnswerError(
                "There was no time left to ask Vault.", "Raise vault_timeout."
            )
        (first, *others) = failures
        if not others and first.answer is not None:
            return first.answer
        raise _summary([failure.error for failure in failures])


class _Address:
    """One address of Vault, with the connections to it."""

    def __init__(self, options: vault_options.VaultOptions, connections: Connections) -> None:
        self._options = options
        self._connections = connections
        # Vault's own client says the same of a socket.
        url = options.url if options.socket is None else "http://localhost"
        self._base = f"{url}/v1/"
        self.origin = _origin(url) or ("", "", 0)
        self.url = options.url

    @cached_property
    def _pool(self) -> Pool:
        # Most of those that are there for when another one fails are never needed.
        return self._connections.open(self._options, self._base)

    def ask(self, call: _Call, progress: Progress) -> exchange.Answer | _Failure | str:
        """Send a request once.

        :returns: the answer, why there is none to go by, or where a redirect leads.
        """
        try:
            response = self._pool.ask(
                call.request,
                call.headers,
                max(_LEAST_SECONDS, progress.left()),  # the connections look closer
            )
        except (requests.RequestException, HTTPError) as error:
            from . import connection_errors

            return _Failure(
                *connection_errors.explain(error, self._options, call, sent=progress.sent)
            )
        if response.status in _REDIRECTS:
            return str(response.headers.get("Location", ""))
        return self._judged(response, call)

    def close(self) -> None:
        """Close the connections."""
        if "_pool" in vars(self):
            self._pool.close()

    def on_standby(self, active: _Address) -> _Failure:
        """Return why another address has to be asked."""
        message = f"Vault at {self.url} is a standby that redirects to {active.url}."
        return _Failure(Outcome.DECLINED, vault_errors.VaultUnreachableError(message))

    def unusable(self, what: str, remedy: str) -> _Failure:
        """Return why nothing here will do."""
        message = f"Vault at {self.url} {what}."
        return _Failure(Outcome.UNUSABLE, vault_errors.WrongAddressError(message, remedy))

    def _judged(
        self, response: urllib3.BaseHTTPResponse, call: _Call
    ) -> exchange.Answer | _Failure:
        body = _decoded(response)
        if body is None:
            return self._not_vault(response.status)
        answer = exchange.Answer(
            response.status,
            body,
            self._options.url,
            index=response.headers.get(exchange.INDEX_HEADER),
            retry_after=_asked_wait(response),
        )
        errors = answers.server_errors(answer, self._options, call.request)
        outcome = outcome_of(answer.status, errors, call.retries)
        if outcome is None:
            return answer
        try:
            answers.check(answer, call.request, self._options)
        except common_errors.SourceError as error:
            return _Failure(outcome, error, answer)
        return answer

    def _not_vault(self, status: int) -> _Failure:
        plain = self._options.url.startswith("http:")
        error = vault_errors.WrongAddressError(
            f"{self._options.url} does not answer like Vault: {status} without a JSON object.",
            "Check that vault_url is the address of the API, with the path prefix of a proxy"
            " where there is one, and not of a web page"
            + (", and whether it begins with https://." if plain else "."),
        )
        return _Failure(Outcome.UNUSABLE, error)


def _decoded(response: urllib3.BaseHTTPResponse) -> dict[str, t.Any] | None:
    """Return the JSON object of an answer; None: it is not one of Vault."""
    if response.status == _NO_CONTENT:
        return {}
    try:
        body = json_text.loads(response.data)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    # A proxy in front of Vault says with a page of its own that Vault is away.
    return {} if response.status in RETRIED_STATUSES else None


def _asked_wait(response: urllib3.BaseHTTPResponse) -> float:
    """Return how many seconds the server asks to wait; 0: it does not say, or nothing sensible."""
    if "Retry-After" not in response.headers:
        return 0.0
    try:
        return Retry().get_retry_after(response) or 0.0
    except InvalidHeader:
        return 0.0


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port; None: it names none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None


def _summary(failures: c.Sequence[common_errors.SourceError]) -> common_errors.SourceError:
    """Make one error of those of all addresses."""
    if len(failures) == 1:
        return failures[0]
    message = " ".join(failure.message for failure in failures)
    remedy = " ".join(dict.fromkeys(failure.remedy for failure in failures if failure.remedy))
    passing = [
        failure for failure in failures if isinstance(failure, common_errors.SourceUnreachableError)
    ]
    if not passing:
        return failures[0].__class__(message, remedy)
    if any(isinstance(failure, vault_errors.NoAnswerError) for failure in passing):
        return vault_errors.NoAnswerError(message, remedy)
    if all(isinstance(failure, vault_errors.VaultUnreachableError) for failure in passing):
        return vault_errors.VaultUnreachableError(message, remedy)
    return common_errors.SourceUnreachableError(message, remedy)
