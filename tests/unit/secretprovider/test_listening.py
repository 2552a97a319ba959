# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine finds the plugin's socket before what takes long is loaded; not with wrong settings."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from swarmvault_secretprovider import listening

from tests.collection_path import PLUGIN

#: What takes most of the time to load.
LIBRARIES = {"docker", "hvac", "prometheus_client", "requests", "structlog", "waitress"}


def test_opening_the_socket_loads_no_library() -> None:
    code = "import sys, swarmvault_secretprovider.listening; print(*sys.modules)"
    environment = {"PYTHONPATH": str(PLUGIN)}
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    assert LIBRARIES.isdisjoint(loaded.split())


def test_whoever_connects_early_waits(tmp_path: Path) -> None:
    path = str(tmp_path / "plugin.sock")
    opened = listening.listen_early(path, {"VAULT_ADDR": "https://vault.example"})
    assert opened is not None
    with opened, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
        engine.connect(path)
        engine.sendall(b"early")
        served, _address = opened.accept()
        with served:
            assert served.recv(5) == b"early"


def test_wrong_settings_open_no_socket(tmp_path: Path) -> None:
    path = tmp_path / "plugin.sock"
    assert listening.listen_early(str(path), {}) is None
    assert listening.listen_early(str(path), {"VAULT_ADDR": "x", "VAULT_DEADLINE": "soon"}) is None
    assert not path.exists()
    unwritable = str(tmp_path / "missing" / "plugin.sock")
    assert listening.listen_early(unwritable, {"VAULT_ADDR": "https://vault.example"}) is None
