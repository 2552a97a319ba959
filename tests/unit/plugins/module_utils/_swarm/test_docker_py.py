# SPDX-License-Identifier: GPL-3.0-or-later
"""What is loaded to reach an engine, each seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import docker_py

pytest.importorskip("paramiko", reason="without it there is nothing to leave out")

COLLECTIONS = Path(docker_py.__file__).parents[6]
CONNECT = """
import sys
sys.path.insert(0, {collections!r})
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import connect, settings
for host in {hosts}:
    try:
        connect.connect(settings.resolve({{"docker_host": host, "tls": False}}, {{}}))
    except errors.DockerError as error:
        print("refused:", "paramiko" in str(error))
    print("loaded:", "paramiko" in sys.modules)
"""


def told(*hosts: str) -> list[str]:
    """Connect in a new process, to one host after another; return what it prints."""
    program = CONNECT.format(collections=str(COLLECTIONS), hosts=hosts)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_an_engine_that_is_not_reached_by_ssh_needs_no_paramiko() -> None:
    assert told("unix:///nonesuch.sock") == ["loaded: False"]


def test_one_that_is_has_it_also_after_another() -> None:
    assert told("unix:///nonesuch.sock", "ssh://127.0.0.1:9") == [
        "loaded: False",
        # It has tried: docker-py without paramiko would say that it is missing.
        "refused: False",
        "loaded: True",
    ]
