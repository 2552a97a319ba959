# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real secret drivers on the managers: the smallest program that speaks the engine's protocol, and
the collection's own plugin.

Engines find it by its socket below /run/docker/plugins, and the leader asks it for values.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
import typing as t
import zipfile

from testbed.waiting import wait_for
from tests.collection_path import ROOT
from tests.e2e.support.reach import INTERPRETER

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from testbed import Bed

NAME = "shelf"
#: Where engines look for drivers.
SOCKETS = "/run/docker/plugins"
PROGRAM = "/root/shelf.py"
PLUGIN = "/root/swarmvault-plugin"
PLUGIN_CA = f"{PLUGIN}.pem"
#: What it serves where no label tells of anything else.
USUAL = "from the driver"

_SOURCE = """
import base64, http.server, json, os, socketserver, sys

socket, usual = sys.argv[1:]

def value(labels):
    if "shelf_error" in labels:
        raise LookupError(labels["shelf_error"])
    return labels.get("shelf", usual)

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
def secret_driver(bed: Bed, name: str = NAME) -> Iterator[str]:
    """Run it on each manager; gives the name by which secrets ask for it.

    Labels tell what it serves: ``shelf`` this text, ``shelf_error`` nothing but that error.
    """
    for node in bed.managers:
        node.put(PROGRAM, _SOURCE)
    with _running(bed, name, f"{INTERPRETER} {PROGRAM} {_socket(name)} '{USUAL}'"):
        yield name


@contextlib.contextmanager
def plugin_driver(bed: Bed, name: str = NAME, **settings: str) -> Iterator[str]:
    """Run the collection's own plugin on each manager, as a process, reading the bed's OpenBao.

    :param settings: more of the plugin's settings.
    """
    everything = {
        "PYTHONPATH": PLUGIN,
        "VAULT_ADDR": bed.vault.url,
        "VAULT_TOKEN": bed.vault.root_token,
        "VAULT_CACERT": PLUGIN_CA,
        "VAULT_ENABLE_ROTATION": "false",
        "uid": "0",
        **settings,
    }
    packed = _packed_plugin()
    for node in bed.managers:
        node.put(f"{PLUGIN}.tar", packed)
        node.put(PLUGIN_CA, bed.vault.ca_cert.read_bytes())
        node.exec(["sh", "-c", f"mkdir -p {PLUGIN} && tar -C {PLUGIN} -xf {PLUGIN}.tar"])
    words = " ".join(f"{key}='{value}'" for key, value in everything.items())
    program = f"{INTERPRETER} -m swarmvault_secretprovider --socket {_socket(name)}"
    with _running(bed, name, f"env {words} {program}"):
        yield name


def _packed_plugin() -> bytes:
    """Return the plugin, the core that it stands on, and the libraries that it comes with."""
    packed = io.BytesIO()
    folder = ROOT / "secretprovider"
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(folder / "swarmvault_secretprovider", "swarmvault_secretprovider")
        archive.add(ROOT / "plugins" / "module_utils", "swarmvault_core")
        for wheel in sorted((folder / "wheels").glob("*.whl")):
            with zipfile.ZipFile(wheel) as opened:
                for name in opened.namelist():
                    entry = tarfile.TarInfo(name)
                    data = opened.read(name)
                    entry.size = len(data)
                    archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def _socket(name: str) -> str:
    return f"{SOCKETS}/{name}.sock"


@contextlib.contextmanager
def _running(bed: Bed, name: str, command: str) -> Iterator[None]:
    """Run a driver on each manager, from when its socket is there."""
    socket = _socket(name)
    pid, log = "/run/secret-driver.pid", "/var/log/secret-driver.log"
    start = f"mkdir -p {SOCKETS}; rm -f {socket}; "
    start += f"setsid {command} >{log} 2>&1 </dev/null & echo $! >{pid}"
    for node in bed.managers:
        node.exec(["sh", "-c", start])
    try:
        for node in bed.managers:
            wait_for(
                f"the secret driver on {node.name}",
                lambda node=node: node.exec(["test", "-S", socket], check=False).returncode == 0,
                timeout=30,
            )
        yield
    except BaseException:
        for node in bed.managers:
            print(f"--- {node.name}\n{node.exec(['tail', '-n', '30', log], check=False).stdout}")
        raise
    finally:
        for node in bed.managers:
            node.exec(["sh", "-c", f"kill $(cat {pid}); rm -f {socket} {pid}"], check=False)
