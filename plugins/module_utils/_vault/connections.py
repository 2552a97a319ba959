# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that keep to the time of the request they carry, and tell whether they sent it.

``requests`` and ``urllib3`` bound each wait for a part of an answer, but not all of them together,
and give the whole time to the first of several addresses that a name has. So a few of their classes
are extended here, each in one method that all of their releases have.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
import time
import typing as t
from urllib.parse import quote, urlencode

from . import deadline, tls_files

try:
    import urllib3
    from requests import PreparedRequest, Session
    from requests import utils as requests_utils
    from requests.adapters import HTTPAdapter
    from requests.certs import where  # type: ignore[attr-defined]  # not in the stubs
    from requests.exceptions import InvalidJSONError, InvalidProxyURL
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
except ImportError:  # connection.py says so, with the remedy
    HTTPAdapter = object  # type: ignore[assignment,misc]  # lets the class be defined

if t.TYPE_CHECKING:
    import ssl

    from . import exchange
    from . import options as vault_options

IS_URLLIB3_2 = hasattr(urllib3, "BaseHTTPResponse") if "urllib3" in globals() else False
# A timeout of zero would make sockets non-blocking instead of failing.
_LEAST_SECONDS = 0.001


class Progress(threading.local):
    """How far the request is that this thread carries out, and how long it may take.

    :ivar sent: whether something of it may have left this host.
    """

    ends = float("inf")
    connecting_ends = float("inf")
    connecting = False
    sent = False

    def begin(self, seconds: float) -> None:
        """Let the time run from now."""
        self.ends = time.monotonic() + seconds

    def begin_try(self, share: float) -> None:
        """Begin with an address.

        :param share: seconds for making the connection; waiting for the answer is not shared.
        """
        self.connecting_ends = time.monotonic() + share
        self.sent = False

    def left(self) -> float:
        """Return how many seconds there are for all that is still to be done, at least zero."""
        return max(0.0, self.ends - time.monotonic())

    def wait(self) -> float:
        """Return how many seconds a socket may wait now.

        :raises socket.timeout: none.
        """
        ends = min(self.ends, self.connecting_ends) if self.connecting else self.ends
        left = ends - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        return max(_LEAST_SECONDS, left)


class Connections:
    """Opens pools of keep-alive connections to the addresses of one Vault.

    :param options: how it is reached.
    :param pool_size: how many connections are kept open for requests side by side.
    :raises InputError: a file that an option names cannot be used.
    """

    def __init__(
        self, options: vault_options.VaultOptions, pool_size: int, progress: Progress
    ) -> None:
        self._options = options
        self._pool_size = pool_size
        self._progress = progress
        with Session() as usual:
            merged = usual.merge_environment_settings(
                options.url, {}, None, options.validate_certs, None
            )
        trusted = merged["verify"] if isinstance(merged["verify"], str) else where()
        self._context = tls_files.make_context(options, trusted)
        if not options.validate_certs:
            # One warning for each request, about what the user asked for.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def open(self, options: vault_options.VaultOptions, base: str) -> Pool:
        """Return the connections to one address.

        :param options: those of this address alone.
        :param base: what all URLs begin with.
        :raises requests.RequestException: address and proxy cannot be used together.
        """
        adapter = _Adapter(options, self._context, self._progress, pool_maxsize=self._pool_size)
        # Asked for by Vault agents and proxies:
        # https://openbao.org/docs/agent-and-proxy/agent/apiproxy/
        headers = {"X-Vault-Request": "true"}
        if options.namespace:
            headers["X-Vault-Namespace"] = options.namespace
        return Pool(adapter, base, headers, _proxies(options))


@t.final
class Pool:
    """The connections to one address.

    Requests go straight to ``urllib3``. More than half of what ``requests`` spends on a small one
    goes into cookies, redirects, and into finding what is the same each time: the connections, the
    proxy and most headers.

    :param base: what all URLs begin with.
    :param headers: those of all requests.
    :param proxies: by the schemes of URLs.
    :raises requests.RequestException: address and proxy cannot be used together.
    """

    def __init__(
        self,
        adapter: _Adapter,
        base: str,
        headers: t.Mapping[str, str],
        proxies: t.Mapping[str, str],
    ) -> None:
        first = PreparedRequest()
        first.prepare_method("GET")
        first.prepare_url(base, None)
        first.prepare_headers({**requests_utils.default_headers(), **headers})
        first.prepare_auth(None, base)  # what the address itself may say
        self._adapter = adapter
        self._headers = dict(first.headers)
        self._target = adapter.request_url(first, proxies)
        self._pool = adapter.pool(str(first.url), proxies)

    def ask(
        self, request: exchange.Request, headers: t.Mapping[str, str], timeout: float
    ) -> urllib3.BaseHTTPResponse:
        """Send a request and read its answer; redirects are answers too.

        :param headers: beside those of all requests.
        :param timeout: seconds that each wait may take.
        :raises requests.RequestException: the request cannot be sent as it is.
        :raises urllib3.exceptions.HTTPError: there is no answer.
        """
        for header in headers.items():
            requests_utils.check_header_validity(header)
        target = self._target + quote(request.path)
        if request.params:
            known = {name: value for name, value in request.params.items() if value is not None}
            target += f"?{urlencode(known, doseq=True)}"
        return self._pool.request(
            request.method,
            target,
            headers={**self._headers, **headers, **(_JSON if request.json is not None else {})},
            body=None if request.json is None else _encoded(request.json),
            timeout=timeout,
            retries=False,  # our own table says what is sent again
            redirect=False,
            assert_same_host=False,  # what a proxy is asked for is elsewhere
            # Take an answer that broke off for an error: up to urllib3 1.26 it is just shorter.
            enforce_content_length=True,
        )

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()


_JSON = {"Content-Type": "application/json"}


def _encoded(body: t.Any) -> bytes:
    """Return the JSON text of a body.

    :raises InvalidJSONError: it holds a number that JSON does not know.
    """
    try:
        return json.dumps(body, allow_nan=False).encode()
    except ValueError:
        raise InvalidJSONError from None


def _proxies(options: vault_options.VaultOptions) -> dict[str, str]:
    """Return the proxies for an address: what the options say, else what the environment does.

    What listens on this host is reached through none of the environment, as in Go, which Vault's
    own client is written in.
    """
    if options.socket is not None:
        return {}
    if options.proxies is not None:
        return dict(options.proxies)
    return {} if options.is_loopback else requests_utils.get_environ_proxies(options.url)


class _TimedBytes(io.RawIOBase):
    """What comes from a socket, read with as much patience as there is time."""

    def __init__(self, raw: t.Any, sock: socket.socket, progress: Progress) -> None:
        self._raw = raw
        self._sock = sock
        self._progress = progress

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: t.Any) -> int | None:
        """Read what is there.

        :raises socket.timeout: the time is over.
        """
        self._sock.settimeout(self._progress.wait())
        return t.cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        """Let go of the socket."""
        if not self.closed:
            self._raw.close()
        super().close()


class _Timed:
    """To be put before a class of connections."""

    progress: Progress
    socket_path: str | None
    sock: socket.socket | None

    def connect(self) -> None:
        """Connect, in the time that there is for that."""
        self.progress.connecting = True
        try:
            super().connect()  # type: ignore[misc]  # that of a connection
        finally:
            self.progress.connecting = False

    def send(self, data: t.Any) -> None:
        """Send a part of the request, or what a proxy is told while connecting."""
        if self.sock is None:
            self.connect()
        self.progress.sent = self.progress.sent or not self.progress.connecting
        super().send(data)  # type: ignore[misc]  # that of a connection

    def response_class(self, sock: socket.socket, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Return what reads an answer; ``http.client`` calls it."""
        response = http.client.HTTPResponse(sock, *args, **kwargs)
        raw = response.fp.detach()
        response.fp = io.BufferedReader(_TimedBytes(raw, sock, self.progress))
        return response


class _Reached(_Timed):
    """To be put before a class of connections that are made here, rather than by a SOCKS proxy."""

    port: int

    def _new_conn(self) -> socket.socket:
        """Connect to the first address of the name that takes it, each in its share of the time.

        :raises NewConnectionError: none does.
        :raises ConnectTimeoutError: the last one does not in time.
        """
        failure: Exception = OSError()
        try:
            found = self._addresses()
            for index, (family, kind, protocol, address) in enumerate(found):
                share = self.progress.wait() / (len(found) - index)
                try:
                    return self._connected(socket.socket(family, kind, protocol), address, share)
                except OSError as error:
                    failure = error
        except (OSError, UnicodeError) as error:  # the name; no time left
            failure = error
        if isinstance(failure, socket.timeout):
            raise ConnectTimeoutError(self, "timed out") from failure
        raise NewConnectionError(t.cast("t.Any", self), "no connection") from failure

    def _addresses(self) -> list[tuple[int, int, int, t.Any]]:
        if self.socket_path is not None:
            return [(socket.AF_UNIX, socket.SOCK_STREAM, 0, self.socket_path)]
        host = str(self._dns_host).strip("[]")  # type: ignore[attr-defined]  # of urllib3
        found = deadline.bounded(
            lambda: socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM),
            self.progress.wait(),
        )
        return [
            (family, kind, protocol, address) for family, kind, protocol, _name, address in found
        ]

    def _connected(self, sock: socket.socket, address: t.Any, share: float) -> socket.socket:
        try:
            if self.socket_path is None:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(share)
            sock.connect(address)
            sock.settimeout(self.progress.wait())  # for what follows before the request, as TLS
        except BaseException:
            sock.close()
            raise
        return sock


class _Adapter(HTTPAdapter):
    """Makes the connections to one address."""

    def __init__(
        self,
        options: vault_options.VaultOptions,
        context: ssl.SSLContext,
        progress: Progress,
        **settings: t.Any,
    ) -> None:
        self._progress = progress
        self._socket_path = options.socket
        self._tls: dict[str, t.Any] = {}
        if options.url.startswith("https:"):
            # In place of what requests makes of files.
            self._tls["ssl_context"] = context
            if options.tls_server_name is not None:
                self._tls["server_hostname"] = options.tls_server_name
        super().__init__(**settings)

    def init_poolmanager(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Make what makes the connections."""
        super().init_poolmanager(*args, **{**kwargs, **self._tls})
        self._time(self.poolmanager, _Reached)

    def proxy_manager_for(self, proxy: str, **kwargs: t.Any) -> t.Any:
        """Return what makes the connections through a proxy."""
        if proxy in self.proxy_manager:
            return self.proxy_manager[proxy]
        # Up to urllib3 1.26 nobody would compare the name of the proxy itself, so that there it
        # has to prove it to what the system trusts.
        if proxy.lower().startswith("https:") and IS_URLLIB3_2 and self._tls:
            kwargs["proxy_ssl_context"] = self._tls["ssl_context"]
        manager = super().proxy_manager_for(proxy, **self._tls, **kwargs)
        self._time(manager, _Timed if proxy.lower().startswith("socks") else _Reached)
        return manager

    def pool(self, url: str, proxies: t.Mapping[str, str]) -> urllib3.HTTPConnectionPool:
        """Return the connections to what a URL names, or to the proxy in front of it.

        Certificates are left to the context: ``requests`` would add the authorities that it trusts.

        :raises requests.RequestException: the proxy cannot be used.
        """
        manager: t.Any = self.poolmanager
        proxy = requests_utils.select_proxy(url, proxies)
        if proxy:
            whole = requests_utils.prepend_scheme_if_needed(proxy, "http")  # type: ignore[no-untyped-call]  # in the stubs
            if not urllib3.util.parse_url(whole).host:
                raise InvalidProxyURL
            manager = self.proxy_manager_for(whole)
        return t.cast("urllib3.HTTPConnectionPool", manager.connection_from_url(url))

    def _time(self, manager: t.Any, kind: type[_Timed]) -> None:
        """Let all connections that a manager is going to make keep to the time."""
        own = {"progress": self._progress, "socket_path": self._socket_path}
        pools: dict[str, type] = {}
        for scheme, pool in manager.pool_classes_by_scheme.items():
            connection = type(f"Timed{scheme}", (kind, pool.ConnectionCls), own)
            pools[scheme] = type(pool.__name__, (pool,), {"ConnectionCls": connection})
        manager.pool_classes_by_scheme = pools
