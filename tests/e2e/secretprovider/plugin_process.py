# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin as a process of its own, and the engine's side of its socket."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from testbed.waiting import wait_for
from tests.collection_path import ROOT, link_plugin

PATIENCE = 60.0
#: Docker's socket is not the plugin's business here, wherever these tests run.
QUIET = {"VAULT_ENABLE_ROTATION": "false", "VAULT_ADDR": "https://vault.example.com:8200"}


class Unix(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("plugin", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self._path))


@dataclass
class Plugin:
    """A process that serves.

    :param program: what to start it with.
    """

    directory: Path
    program: tuple[str, ...]
    process: subprocess.Popen[bytes]

    @property
    def socket(self) -> Path:
        return self.directory / "plugin.sock"

    @property
    def gate(self) -> Path:
        return self.directory / "gate"

    def at_the_gate(self, number: int) -> None:
        """Wait until so many requests are under way that only the gate can end."""
        last = Path(f"{self.gate}-{number - 1}")
        wait_for(f"{number} requests", last.exists, timeout=PATIENCE, interval=0.02)

    def call(self, path: str, body: t.Any = None, method: str = "POST") -> tuple[int, bytes]:
        """Ask as the engine does; gives status and body of the answer."""
        with contextlib.closing(Unix(self.socket)) as connection:
            sent = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
            connection.request(method, path, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def get(self, secret: str, **request: t.Any) -> dict[str, t.Any]:
        """Ask for a secret; gives the answer, its value decoded."""
        _status, body = self.call("/SecretProvider.GetSecret", {"SecretName": secret, **request})
        answer: dict[str, t.Any] = json.loads(body)
        if "Value" in answer:
            answer["Value"] = base64.b64decode(answer["Value"])
        return answer

    def out(self) -> str:
        """What it said on its standard output, which is for what is as it should be."""
        return (self.directory / "out").read_text(encoding="utf-8")

    def err(self) -> str:
        """What it said on its standard error, which is for what needs attention."""
        return (self.directory / "err").read_text(encoding="utf-8")

    def status(self) -> dict[str, str]:
        """What the kernel tells of the process."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8").splitlines()
        parts = (line.split(":", 1) for line in lines)
        return {name: text.strip() for name, text in parts}

    def end(self) -> int:
        """Tell it to end, as the engine does; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def start(
    directory: Path, *program: str, output: t.BinaryIO | None = None, **settings: str
) -> Plugin:
    """Start a plugin, without waiting for it.

    :param output: where it writes to; None: to files.
    """
    path = os.pathsep.join((str(link_plugin()), str(ROOT), str(ROOT / "tests")))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "uid": "0", **QUIET, **settings}
    environment.setdefault("VAULT_CREDENTIALS_DIR", str(directory / "credentials"))
    with (directory / "out").open("wb") as out, (directory / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, *program],
            env=environment,
            stdout=output or out,
            stderr=output or err,
        )
    return Plugin(directory, program, process)


@contextlib.contextmanager
def running(directory: Path, *program: str, **settings: str) -> t.Iterator[Plugin]:
    """Run a plugin until the block ends; it serves when the block starts."""
    plugin = start(directory, *program, **settings)
    try:
        wait_for("the plugin", lambda: _serves(plugin), timeout=PATIENCE, ignore=(OSError,))
        yield plugin
    finally:
        plugin.process.kill()
        plugin.process.wait()


def _serves(plugin: Plugin) -> bool:
    assert plugin.process.poll() is None, plugin.err()
    return plugin.call("/Plugin.Activate")[0] == http.client.OK
