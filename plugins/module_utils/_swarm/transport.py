# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one narrow place through which every call to an engine goes."""

from __future__ import annotations

import base64
import itertools
import json
import time
import typing as t

from .._common import errors, secret_value
from . import settings

if t.TYPE_CHECKING:
    from docker import APIClient
    from requests import Response

_FIRST_FAILURE = 400
_JSON = {"Content-Type": "application/json"}
_TAR = {"Content-Type": "application/x-tar"}

_LONG_TIMEOUT = 600
"""Seconds for what has to do with a registry or an archive: the engine may be silent that long."""

# Not urllib3's Retry: "no leader" and final refusals come with the same status, only the text
# tells them apart (see diagnosis/refusals.py).
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each further try: an election takes one to a few."""

GIVE_UP_AFTER = 30.0
"""Seconds after which no further try starts. Where the leader is gone without a word, the engine
waits 20 s before it gives up the first try (moby, ``daemon/cluster/cluster.go``,
swarmRequestTimeout); the second one then meets the new leader."""


class Transport(t.Protocol):
    """What the client needs; tests wrap it to count, delay, fail or kill at any call."""

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        """Send one request and return the decoded answer, None where it is empty.

        :param method: ``GET``, ``POST`` or ``DELETE``.
        :param path: path below the API version, quoted.
        :param params: query parameters.
        :param body: sent as JSON; a :class:`SecretValue` in it as base64, and nowhere else shown.
        :raises DockerError: and its subclasses.
        """


class EngineTransport:
    """Calls a real engine through docker-py's client, used as the requests session it is."""

    def __init__(self, client: APIClient, options: settings.DockerOptions) -> None:
        self._client = client
        self._options = options
        self._api_version = (
            None if options.api_version.lower() == settings.AUTO else options.api_version
        )
        self._engine_has: str | None = None

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        """Send one request, once. See :meth:`Transport.call`.

        With ``api_version`` auto the first call is preceded by one for the engine's version.
        """
        action = f"{method} {path}"
        if self._api_version is None:
            self._api_version = str(self._exchange("GET /version", "GET", "/version")["ApiVersion"])
        if body is not None:
            self._refuse_old_api(action, self._api_version)
        return self._exchange(action, method, f"/v{self._api_version}{path}", params, body)

    def stream(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
        *,
        reference: str = "",
    ) -> list[t.Any]:
        """Send what takes long, once, and return the documents in the answer, one a line.

        :param body: as in :meth:`Transport.call`, or an archive: an open file.
        :param reference: what a registry is asked for, with the credentials of ``docker login``.
        :raises DockerError: and its subclasses, also where the answer begins well.
        """
        from . import streams

        version = self._api_version or str(self.call("GET", "/version")["ApiVersion"])
        action = f"{method} {path}"
        if body is not None:
            self._refuse_old_api(action, version)
        is_archive = hasattr(body, "read")
        headers = {
            **(_TAR if is_archive else _JSON),
            **streams.credentials(self._client, reference),
        }
        data = body if is_archive or body is None else json.dumps(body)
        sent = {"params": params, "data": data, "headers": headers, "timeout": _LONG_TIMEOUT}
        outcome = self._send(action, method, f"/v{version}{path}", sent)
        # Outside of every "except", as in _exchange().
        if isinstance(outcome, errors.SwarmVaultError):
            raise outcome
        self._engine_has = outcome.headers.get("Api-Version") or self._engine_has
        return streams.documents(
            action, self._options.docker_host, outcome.status_code, outcome.content
        )

    def _exchange(
        self,
        action: str,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        data = None if body is None else json.dumps(body, default=_reveal)
        headers = None if data is None else _JSON
        sent = {"params": params, "data": data, "headers": headers, "timeout": self._client.timeout}
        outcome = self._send(action, method, path, sent)
        # Raised here, outside of every "except": an exception of requests carries the request
        # with its body, and must not travel along as the context of ours.
        if isinstance(outcome, errors.SwarmVaultError):
            raise outcome
        self._engine_has = outcome.headers.get("Api-Version") or self._engine_has
        document, is_json = _decode(outcome.content)
        if outcome.status_code >= _FIRST_FAILURE:
            from .diagnosis import refusals

            message = document.get("message") if isinstance(document, dict) else None
            words = str(message or outcome.content[:500].decode("utf-8", "replace"))
            line = " ".join(words.split())
            raise refusals.answer_error(
                action, self._options.docker_host, outcome.status_code, line
            )
        if not is_json:
            raise errors.DockerError(
                f"{action} at {self._options.docker_host} gave an answer that is not JSON.",
                "Check that docker_host is the address of a Docker Engine.",
                status=outcome.status_code,
            )
        return document

    def _send(
        self, action: str, method: str, path: str, sent: t.Mapping[str, t.Any]
    ) -> Response | errors.SwarmVaultError:
        try:
            return self._client.request(
                method,
                f"{self._client.base_url}{path}",
                **sent,
                # Said again for each request: REQUESTS_CA_BUNDLE in the environment would
                # otherwise take the place of ca_path, and switch validation on again.
                verify=self._client.verify,
            )
        except Exception as error:  # noqa: BLE001 - paramiko's errors have no common base with these
            from .diagnosis import connections

            return connections.connection_error(action, self._options, error)

    def _refuse_old_api(self, action: str, used: str) -> None:
        """Refuse to write with an older API than the engine's own.

        An engine that is spoken to in an older version drops what that version did not know from
        a service's spec (moby, ``daemon/server/router/swarm/helpers.go``, adjustForAPIVersion):
        an update would take sysctls, capabilities or health checks away from a service. Every
        answer names the engine's version, so this costs no request.

        :raises DockerError: ``api_version`` is set to less than the engine has.
        """
        if self._engine_has and _numbers(used) < _numbers(self._engine_has):
            raise errors.DockerError(
                f"{action} at {self._options.docker_host} was not sent: the engine has API version "
                f"{self._engine_has}, and with api_version {used} it would drop newer settings.",
                "Set api_version to 'auto'.",
            )


class RetryingTransport:
    """Repeats a GET after a passing fault; everything else is passed on as it is.

    A write is never repeated: whether the engine carried it out is unknown, and only the caller
    can look.
    """

    def __init__(self, inner: Transport, pauses: t.Sequence[float] = PAUSES) -> None:
        self._inner = inner
        self._pauses = pauses

    def call(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
    ) -> t.Any:
        """See :meth:`Transport.call`."""
        start = time.monotonic()
        for pause in itertools.chain(self._pauses, (None,)):
            try:
                return self._inner.call(method, path, params, body)
            except errors.DockerError as error:
                late = time.monotonic() - start > GIVE_UP_AFTER
                if method != "GET" or not error.transient or pause is None or late:
                    raise
                time.sleep(pause)
        raise AssertionError("the last try returns or raises")


def _reveal(value: object) -> str:
    """Encode what JSON cannot: the value of a secret, as the engine wants it."""
    if isinstance(value, secret_value.SecretValue):
        return base64.b64encode(value.reveal()).decode("ascii")
    raise TypeError(f"{type(value).__name__} cannot be sent to the engine")


def _decode(content: bytes) -> tuple[t.Any, bool]:
    """Return the document, and whether the content was JSON or empty."""
    if not content:
        return None, True
    try:
        return json.loads(content), True
    except ValueError:
        return None, False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
