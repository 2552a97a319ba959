# SPDX-License-Identifier: GPL-3.0-or-later
"""Something that stands where Vault should: a proxy in front of it, or nothing of the kind.

What Vault says always comes from a real server; this only forwards, redirects, breaks or delays.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import typing as t
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests


@dataclass(frozen=True)
class Reply:
    """What is sent back."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    """The body was longer: the connection breaks off in the middle of it."""
    drip: float = 0.0
    """So many seconds pass between one byte of the body and the next."""


Behaviour = t.Callable[["Front", str, str, dict[str, str], bytes], Reply | None]
"""Gets itself, method, path, headers and body; None breaks the connection off."""


@dataclass
class Front:
    """A small web server.

    :param behaviour: what it does with a request; it may be changed at any time.
    :param tls: folder with cert.pem and key.pem; None: no TLS.
    """

    behaviour: Behaviour
    tls: Path | None = None
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @contextlib.contextmanager
    def running(self) -> t.Iterator[Front]:
        """Serve until the block is left."""
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                front.requests.append(f"{self.command} {self.path}")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                reply = front.behaviour(
                    front, self.command, self.path, dict(self.headers.items()), body
                )
                self.close_connection = reply is None or reply.cut
                if reply is None:
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body) * (2 if reply.cut else 1)))
                self.end_headers()
                if not reply.drip:
                    self.wfile.write(reply.body)
                    return
                with contextlib.suppress(OSError):  # the other side has given up
                    for byte in reply.body:
                        self.wfile.write(bytes((byte,)))
                        front.released.wait(reply.drip)

            do_GET = do_POST = do_PUT = answer  # noqa: N815  # the names http.server calls

            def log_message(self, *_: object) -> None:
                """Keep the output of the tests clean."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self) -> tuple[t.Any, t.Any]:
                front.connections += 1  # before the handshake of TLS, which may fail
                return super().get_request()

        server = Server(("127.0.0.1", 0), Handler)
        scheme = "http"
        if self.tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.tls / "cert.pem", self.tls / "key.pem")
            server.socket = context.wrap_socket(server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            server.server_close()
            thread.join()


_PASSED_BACK = ("Content-Type", "Retry-After", "Location", "X-Vault-Index")


def forward(url: str, ca_cert: Path, prefix: str = "", **extra: str) -> Behaviour:
    """Pass requests on to a real server, below a prefix of the path, with extra headers."""

    def behave(front: Front, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        del front
        assert path.startswith(prefix)
        target = url + path.removeprefix(prefix)
        kept = {name: value for name, value in headers.items() if name.startswith("X-Vault")}
        with requests.Session() as session:
            session.trust_env = False  # a test may set proxies for the client
            answer = session.request(
                method,
                target,
                headers=kept | extra,
                data=body,
                verify=str(ca_cert),
                timeout=20,
                allow_redirects=False,
            )
        passed = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
        return Reply(answer.status_code, answer.content, passed)

    return behave


def always(reply: Reply | None) -> Behaviour:
    """Give everybody the same."""
    return lambda *_: reply


def silent(front: Front, *_: object) -> None:
    """Let everybody wait until the test is over."""
    front.released.wait()


def hanging(part: str, then: Behaviour) -> Behaviour:
    """Let those wait until the test is over whose path or body holds a text."""

    def behave(front: Front, method: str, path: str, *rest: t.Any) -> Reply | None:
        if part in path or part.encode() in rest[-1]:
            front.released.wait()
            return None
        return then(front, method, path, *rest)

    return behave


def losing(part: str, then: Behaviour) -> Behaviour:
    """Pass everything on, but lose the answers to requests whose path holds a text."""

    def behave(front: Front, method: str, path: str, *rest: t.Any) -> Reply | None:
        reply = then(front, method, path, *rest)
        return None if part in path else reply

    return behave


def after(count: int, first: Reply | None, then: Behaviour) -> Behaviour:
    """Give the first ones something else."""

    def behave(front: Front, *request: t.Any) -> Reply | None:
        return first if len(front.requests) <= count else then(front, *request)

    return behave
