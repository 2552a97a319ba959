# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends one HTTP request to Vault through a shared session of keep-alive connections."""

from __future__ import annotations

import sys
import typing as t
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from .._common.errors import DependencyError
from .connection_errors import explain
from .deadline import (
    IS_URLLIB3_2,
    RETRIED_STATUSES,
    BoundedTimeout,
    Deadline,
    asked_wait,
    make_retry,
    wait_for_next,
)
from .errors import WrongAddressError
from .json_text import loads
from .tls_files import make_context
from .unix_socket import pool_class

if t.TYPE_CHECKING:
    import ssl

    from .deadline import BoundedRetry
    from .options import VaultOptions

try:
    import requests
    import urllib3
    from requests import Session
    from requests.adapters import HTTPAdapter
    from requests.certs import where  # type: ignore[attr-defined]  # not in the stubs

    _IMPORT_ERROR: ImportError | None = None
except ImportError as _error:
    _IMPORT_ERROR = _error
    Session = HTTPAdapter = object  # type: ignore[assignment,misc]  # lets the classes be defined

# Says of which state of the storage an answer is: https://openbao.org/community/rfcs/index-headers/
INDEX_HEADER = "X-Vault-Index"
_NO_CONTENT = 204
_MAX_REDIRECTS = 2


@dataclass(frozen=True)
class Answer:
    """What Vault answered.

    :param status: HTTP status.
    :param body: the JSON object; empty where there is none. Never shown: it may hold values.
    :param url: address of the Vault that answered.
    :param index: the state of Vault's storage that is in the answer, where it says so.
    :param retry_after: in how many seconds it wants to be asked again, where it says so.
    """

    status: int
    body: dict[str, t.Any] = field(repr=False)
    url: str
    index: str | None = None
    retry_after: float = 0.0


@dataclass(frozen=True)
class Request:
    """What to ask of Vault.

    :param method: HTTP method.
    :param path: path below ``/v1/``, unquoted.
    :param params: query.
    :param json: body. Never shown: it may hold credentials.
    """

    method: str
    path: str
    params: t.Mapping[str, t.Any] | None = None
    json: t.Any = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Transport:
    """The connections to one Vault.

    :param options: where it is and how it is reached.
    :param pool_size: how many connections are kept open for requests side by side.
    :raises DependencyError: a Python library is missing.
    :raises InputError: a file that an option names cannot be used.
    """

    def __init__(self, options: VaultOptions, pool_size: int) -> None:
        if _IMPORT_ERROR is not None:
            raise DependencyError(
                f"The Python library {_IMPORT_ERROR.name or 'requests'}, which talks to Vault,"
                f" cannot be imported by {sys.executable} on this host.",
                f"Install it there: {sys.executable} -m pip install requests.",
            )
        self._options = options
        # Vault's own client says the same of a socket.
        self._base = f"{options.url if options.socket is None else 'http://localhost'}/v1/"
        self._deadline = Deadline()
        self._timeout = BoundedTimeout(self._deadline)
        self._retry = make_retry(options.retries, self._deadline)
        self._session = _make_session(options)
        adapters = _adapters(options, self._session, pool_size, self._retry)
        for scheme, adapter in adapters.items():
            self._session.mount(f"{scheme}://", adapter)

    def send(
        self, request: Request, headers: t.Mapping[str, str], timeout: float | None = None
    ) -> Answer:
        """Send a request and wait for its answer, whatever its status.

        :param request: what to ask.
        :param headers: HTTP headers beyond those of every request.
        :param timeout: seconds for all of it; None: as the options say.
        :raises SourceUnreachableError: there was no answer.
        :raises WrongAddressError: the answer is not one of Vault.
        """
        seconds = self._options.timeout if timeout is None else timeout
        self._deadline.start(seconds)
        retry: BoundedRetry | None = self._retry
        while retry is not None:
            try:
                response = self._request(request, headers)
            except requests.RequestException as error:
                failure = explain(error, self._options, seconds)
                # urllib3 tries again what fails before the body of the answer.
                passing = isinstance(error, requests.exceptions.ChunkedEncodingError)
                retry = (
                    wait_for_next(retry, self._deadline, broke_off=request.method)
                    if passing
                    else None
                )
            else:
                return Answer(
                    response.status_code,
                    self._decode(response),
                    self._options.url,
                    index=response.headers.get(INDEX_HEADER),
                    retry_after=asked_wait(response.raw),
                )
        # Out here, so as not to be chained to an error that holds the request, token and all.
        raise failure

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _request(self, request: Request, headers: t.Mapping[str, str]) -> requests.Response:
        return self._session.request(
            request.method,
            self._base + quote(request.path),
            headers=headers,
            params=request.params,
            json=request.json,
            # An object of urllib3 is passed on as it is (HTTPAdapter.send in requests).
            timeout=self._timeout,  # type: ignore[arg-type]  # not in the stubs
        )

    def _decode(self, response: requests.Response) -> dict[str, t.Any]:
        """Return the JSON object of an answer.

        :raises WrongAddressError: it is not an answer of Vault.
        """
        if response.status_code == _NO_CONTENT:
            return {}
        try:
            body = loads(response.content)
        except ValueError:
            body = None
        if isinstance(body, dict):
            return body
        if response.status_code in RETRIED_STATUSES:
            return {}  # a proxy in front of Vault says with a page of its own that Vault is away
        plain = self._options.url.startswith("http:")
        raise WrongAddressError(
            f"{self._options.url} does not answer like Vault:"
            f" {response.status_code} without a JSON object.",
            "Check that vault_url is the address of the API, with the path prefix of a proxy"
            " where there is one, and not of a web page"
            + (", and whether it begins with https://." if plain else "."),
        )


class _WholeAnswers(HTTPAdapter):
    def build_response(
        self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse
    ) -> requests.Response:
        """Take an answer that broke off for an error: up to urllib3 1.26 it is just shorter."""
        t.cast("urllib3.HTTPResponse", resp).enforce_content_length = True
        return super().build_response(req, resp)


class _TLSAdapter(_WholeAnswers):
    """Connects with what the options say about TLS, in place of what ``requests`` makes of files.

    :param context: the authorities, and the certificate to show.
    :param server_name: the name that the server has to prove; None: that of the address.
    """

    def __init__(self, context: ssl.SSLContext, server_name: str | None, **settings: t.Any) -> None:
        self._tls: dict[str, t.Any] = {"ssl_context": context}
        if server_name is not None:
            self._tls["server_hostname"] = server_name
        super().__init__(**settings)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Make what makes the connections."""
        super().init_poolmanager(*args, **{**kwargs, **self._tls})

    def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
        """Return what makes the connections through a proxy."""
        # Up to urllib3 1.26 nobody would compare the name of the proxy itself, so that there it
        # has to prove it to what the system trusts.
        if proxy.lower().startswith("https:") and IS_URLLIB3_2:
            kwargs["proxy_ssl_context"] = self._tls["ssl_context"]
        return super().proxy_manager_for(proxy, **self._tls, **kwargs)

    def cert_verify(self, *_: t.Any) -> None:
        """Leave all of it to the context: ``requests`` would add the authorities that it trusts."""


class _SocketAdapter(_WholeAnswers):
    def __init__(self, path: str, **settings: t.Any) -> None:
        self._path = path
        super().__init__(**settings)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Make what makes the connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": pool_class(self._path)}


def _adapters(
    options: VaultOptions, session: Session, pool_size: int, retry: BoundedRetry
) -> dict[str, HTTPAdapter]:
    """Return what carries the requests of each scheme; a standby may redirect to the other one.

    :raises InputError: a file that an option names cannot be used.
    """
    settings: dict[str, t.Any] = {"pool_maxsize": pool_size, "max_retries": retry}
    usual = session.verify if isinstance(session.verify, str) else where()
    context = make_context(options, usual)
    session.verify = options.validate_certs
    path = options.socket
    return {
        "https": _TLSAdapter(context, options.tls_server_name, **settings),
        "http": _WholeAnswers(**settings) if path is None else _SocketAdapter(path, **settings),
    }


class _VaultSession(Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Follow the redirect of a standby node, but never send a token in the clear."""
        target = super().get_redirect_target(resp)
        if target and resp.url.startswith("https:") and urlsplit(target).scheme == "http":
            raise requests.TooManyRedirects("none from https to http is followed")
        return target


def _make_session(options: VaultOptions) -> Session:
    session = _VaultSession()
    session.max_redirects = _MAX_REDIRECTS
    # Asked for by Vault agents and proxies: https://openbao.org/docs/agent-and-proxy/agent/apiproxy/
    session.headers["X-Vault-Request"] = "true"
    if options.namespace:
        session.headers["X-Vault-Namespace"] = options.namespace
    # Proxies and authorities of the environment are looked up once instead of at each request,
    # and ~/.netrc, which holds nothing for Vault, never.
    merged = session.merge_environment_settings(
        options.url, dict(options.proxies or {}), None, options.validate_certs, None
    )
    session.trust_env = False
    session.verify = merged["verify"]
    # No proxy leads to a socket of this host.
    session.proxies = merged["proxies"] if options.socket is None else {}
    if not options.validate_certs:
        # One warning for each request, about what the user asked for.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return session
