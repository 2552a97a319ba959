# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugin as a WSGI application: from a call of the engine to its answer.

The one place where an error becomes an ``Err`` of the protocol, and where a request is logged and
counted.
"""

from __future__ import annotations

import functools
import json
import time
import typing as t
from http import HTTPStatus

from swarmvault_core._common import errors
from swarmvault_core._vault import errors as vault_errors

from . import log as plugin_log
from . import metrics, protocol
from .settings import DEFAULT_CONNECTION

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from .answer import Answer
    from .health import Health

#: Of a Vault that nothing can be had from, rather than one that refuses or lacks this secret.
_VAULT_IS_AWAY = (
    vault_errors.VaultUnreachableError,
    vault_errors.LoginError,
    vault_errors.WrongAddressError,
)
_JSON = "application/json"

Environ = t.Mapping[str, t.Any]
StartResponse = t.Callable[[str, list[tuple[str, str]]], t.Any]
Application = t.Callable[[Environ, StartResponse], "Iterable[bytes]"]
_Response = tuple[HTTPStatus, str, bytes]
_Afterwards = t.Callable[[], None]


class SecretSource(t.Protocol):
    """Who has the values; asked by many threads at once."""

    def get_secret(self, request: protocol.SecretRequest) -> Answer:
        """Return the value for a task, or raise ``SwarmVaultError`` within the deadline."""

    def log_in(self, connection: str) -> None:
        """Log in to a Vault, unless that is done, or raise ``SwarmVaultError``."""

    def health(self) -> t.Mapping[str, str | None]:
        """Tell of each connection why Vault could not be reached a moment ago, if it is so."""

    def close(self) -> None:
        """Forget the values, and give back the plugin's own tokens."""


class App:
    """Answers the engine.

    :param source: has the values.
    :param log: told of each request.
    :param health: told what came of it.
    :param counted: counts it.
    """

    def __init__(
        self, source: SecretSource, log: plugin_log.Log, health: Health, counted: metrics.Metrics
    ) -> None:
        self._source = source
        self._log = log
        self._health = health
        self._metrics = counted

    def plugin(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve the engine's socket: the protocol, and health for whoever may open it."""
        call = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if call == ("POST", protocol.ACTIVATE):
            self._log.info("activated")
            response = _ok(protocol.CONTENT_TYPE, protocol.activated())
        elif call == ("POST", protocol.GET_SECRET):
            answer, log_it = self._get_secret(environ["wsgi.input"].read())
            return _Sent(_sent(_ok(protocol.CONTENT_TYPE, answer), start_response), log_it)
        elif call == ("GET", "/health"):
            response = self._answer_health()
        else:
            response = _not_found()
        return _sent(response, start_response)

    def observed(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve those who watch: metrics and health, and no secret."""
        call = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if call == ("GET", "/metrics"):
            response = _ok(metrics.CONTENT_TYPE, self._metrics.rendered())
        elif call == ("GET", "/health"):
            response = self._answer_health()
        else:
            response = _not_found()
        return _sent(response, start_response)

    def _get_secret(self, body: bytes) -> tuple[bytes, _Afterwards]:
        """Return the answer, and what logs it."""
        started = time.monotonic()
        request = protocol.SecretRequest()
        with self._metrics.waiting():
            try:
                request = protocol.SecretRequest.parse(body)
                answer = self._source.get_secret(request)
                rendered = protocol.rendered(answer)
            except errors.SwarmVaultError as error:
                problem = error
            except Exception as error:  # noqa: BLE001  # whatever it is, the engine gets an answer
                problem = _unforeseen(error)
            else:
                return rendered, self._delivered(request, answer, time.monotonic() - started)
        log_it = self._failed(request, problem, time.monotonic() - started)
        return protocol.rendered_error(problem), log_it

    def _delivered(
        self, request: protocol.SecretRequest, answer: Answer, seconds: float
    ) -> _Afterwards:
        self._metrics.answered(answer.origin, seconds)
        connection = _connection(request)
        problem = None if answer.origin == "vault" else self._source.health().get(connection)
        if answer.origin == "vault":
            self._health.vault_answered(connection)
        elif problem:
            self._health.vault_failed(connection, problem)
        return functools.partial(plugin_log.delivered, self._log, request, answer, seconds)

    def _failed(
        self, request: protocol.SecretRequest, problem: errors.SwarmVaultError, seconds: float
    ) -> _Afterwards:
        self._metrics.answered("error", seconds)
        if isinstance(problem, _VAULT_IS_AWAY):
            self._health.vault_failed(_connection(request), problem.message)
        return functools.partial(plugin_log.failed, self._log, request, str(problem), seconds)

    def _answer_health(self) -> _Response:
        state = self._health.state()
        status = HTTPStatus.OK if state.healthy else HTTPStatus.SERVICE_UNAVAILABLE
        return status, _JSON, json.dumps(state.as_json()).encode()


class _Sent:
    """An answer, and what is done once it is on its way, so that no task waits for that."""

    def __init__(self, parts: Iterable[bytes], afterwards: _Afterwards) -> None:
        self._parts = parts
        self._afterwards = afterwards

    def __iter__(self) -> t.Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """Do it; whoever serves an application calls this in any case (PEP 3333)."""
        self._afterwards()


def _connection(request: protocol.SecretRequest) -> str:
    # Without blanks, as it is looked up: each spelling would be a time series of its own.
    return request.secret_labels.get("vault_connection", "").strip() or DEFAULT_CONNECTION


def _unforeseen(error: Exception) -> errors.SwarmVaultError:
    return errors.SwarmVaultError(
        f"The plugin failed in a way that nobody foresaw: {plugin_log.where(error)}.",
        "Please report it as a bug, with this line.",
    )


def _ok(kind: str, body: bytes) -> _Response:
    return HTTPStatus.OK, kind, body


def _not_found() -> _Response:
    return HTTPStatus.NOT_FOUND, _JSON, json.dumps({"Err": "There is no such call."}).encode()


def _sent(response: _Response, start_response: StartResponse) -> Iterable[bytes]:
    status, kind, body = response
    start_response(
        f"{status.value} {status.phrase}",
        [("Content-Type", kind), ("Content-Length", str(len(body)))],
    )
    return [body]
