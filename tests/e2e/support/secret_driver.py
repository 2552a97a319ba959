# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real secret driver on the managers: the smallest program that speaks the engine's protocol.

Engines find it by its socket below /run/docker/plugins, and the leader asks it for values.
"""

from __future__ import annotations

import contextlib
import typing as t

from testbed.waiting import wait_for
from tests.e2e.support.reach import INTERPRETER

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from testbed import Bed

NAME = "shelf"
PROGRAM = "/root/shelf.py"

_SOURCE = """
import base64, http.server, json, os, socketserver

SOCKET = "/run/docker/plugins/shelf.sock"

class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/Plugin.Activate":
            answer = {"Implements": ["secretprovider"]}
        else:
            answer = {"Value": base64.b64encode(b"from the driver").decode()}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "engine"

os.makedirs(os.path.dirname(SOCKET), exist_ok=True)
if os.path.exists(SOCKET):
    os.unlink(SOCKET)
Server(SOCKET, Handler).serve_forever()
"""


@contextlib.contextmanager
def secret_driver(bed: Bed) -> Iterator[str]:
    """Run it on each manager; gives the name by which secrets ask for it."""
    for node in bed.managers:
        node.put(PROGRAM, _SOURCE)
        node.exec(["sh", "-c", f"setsid {INTERPRETER} {PROGRAM} >/dev/null 2>&1 </dev/null &"])
    for node in bed.managers:
        wait_for(
            f"the secret driver on {node.name}",
            lambda node=node: (
                (
                    node.exec(["test", "-S", f"/run/docker/plugins/{NAME}.sock"], check=False)
                ).returncode
                == 0
            ),
            timeout=30,
        )
    try:
        yield NAME
    finally:
        for node in bed.managers:
            node.exec(["pkill", "-f", PROGRAM], check=False)
            node.exec(["rm", "-f", f"/run/docker/plugins/{NAME}.sock"], check=False)
