# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real secret driver on the managers: the smallest program that speaks the engine's protocol.

Engines find it by its socket below /run/docker/plugins, and the leader asks it for values.
"""

from __future__ import annotations

import contextlib
import json
import typing as t

from testbed.waiting import wait_for
from tests.e2e.support.reach import INTERPRETER

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from testbed import Bed

NAME = "shelf"
PROGRAM = "/root/shelf.py"
SETTINGS = "/root/shelf.json"
#: What it serves where no label tells of anything else.
USUAL = "from the driver"

_SOURCE = """
import base64, http.server, json, os, socketserver, ssl, sys, urllib.request

settings = json.load(open(sys.argv[1]))
socket = "/run/docker/plugins/%s.sock" % settings["name"]

def value(labels):
    if "shelf_error" in labels:
        raise LookupError(labels["shelf_error"])
    if settings["vault"] is None or "vault_path" not in labels:
        return labels.get("shelf", settings["usual"])
    vault = settings["vault"]
    path = (labels.get("vault_mount", "secret"), labels["vault_path"])
    version = labels.get("vault_version", "0")
    request = urllib.request.Request(
        "%s/v1/%s/data/%s?version=%s" % (vault["url"], *path, version),
        headers={"X-Vault-Token": vault["token"]},
    )
    context = ssl.create_default_context(cadata=vault["ca"])
    with urllib.request.urlopen(request, context=context, timeout=5) as answer:
        return json.load(answer)["data"]["data"][labels.get("vault_field", "value")]

class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/Plugin.Activate":
            answer = {"Implements": ["secretprovider"]}
        else:
            try:
                found = value(json.loads(body).get("SecretLabels") or {})
                answer = {"Value": base64.b64encode(found.encode()).decode()}
            except Exception as error:
                answer = {"Err": str(error)}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "engine"

os.makedirs(os.path.dirname(socket), exist_ok=True)
if os.path.exists(socket):
    os.unlink(socket)
Server(socket, Handler).serve_forever()
"""


@contextlib.contextmanager
def secret_driver(bed: Bed, name: str = NAME, *, reads_vault: bool = False) -> Iterator[str]:
    """Run it on each manager; gives the name by which secrets ask for it.

    Labels tell what it serves: ``shelf`` this text, ``shelf_error`` nothing but that error.

    :param reads_vault: whether it reads the bed's OpenBao, by the labels that the secretprovider
        plugin knows: ``vault_path``, ``vault_field``, ``vault_mount`` and ``vault_version``.
    """
    vault = {
        "url": bed.vault.url,
        "token": bed.vault.root_token,
        "ca": bed.vault.ca_cert.read_text(encoding="utf-8"),
    }
    settings = {"name": name, "usual": USUAL, "vault": vault if reads_vault else None}
    for node in bed.managers:
        node.put(PROGRAM, _SOURCE)
        node.put(SETTINGS, json.dumps(settings))
        command = f"setsid {INTERPRETER} {PROGRAM} {SETTINGS} >/dev/null 2>&1 </dev/null &"
        node.exec(["sh", "-c", command])
    for node in bed.managers:
        wait_for(
            f"the secret driver on {node.name}",
            lambda node=node: (
                (
                    node.exec(["test", "-S", f"/run/docker/plugins/{name}.sock"], check=False)
                ).returncode
                == 0
            ),
            timeout=30,
        )
    try:
        yield name
    finally:
        for node in bed.managers:
            node.exec(["pkill", "-f", PROGRAM], check=False)
            node.exec(["rm", "-f", f"/run/docker/plugins/{name}.sock", SETTINGS], check=False)
