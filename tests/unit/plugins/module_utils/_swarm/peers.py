# SPDX-License-Identifier: GPL-3.0-or-later
"""Things that can sit behind a socket in place of an engine: broken ones."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path


@contextlib.contextmanager
def peer(path: Path, *answers: bytes) -> t.Iterator[list[bytes]]:
    """Listen on a unix socket; read each request, send the next answer as it is, and hang up.

    Yields what was received. An empty answer is a lost connection.
    """
    received: list[bytes] = []
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            for answer in answers:
                try:
                    connection, _address = listener.accept()
                except OSError:  # the test is over
                    return
                with connection:
                    received.append(_read_request(connection))
                    connection.sendall(answer)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield received
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        server.join(5)


def answer(status: int, body: bytes, *headers: str) -> bytes:
    """Return an HTTP answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
