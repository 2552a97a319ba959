# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plugin says of itself, and when nobody can ask it."""

from __future__ import annotations

import json
import tempfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import (
    plugin_socket,
    plugins,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.plugin_socket import (
    PluginAnswer,
)

from tests.unit.plugins.module_utils._swarm.peers import answer, peer

LOCAL = "unix:///var/run/docker.sock"
PLUGIN = plugins.parse_plugin(
    {"Id": "1f", "Name": "p:latest", "Config": {"Interface": {"Socket": "p.sock"}}}
)
OK = PluginAnswer(answers=True)


@pytest.fixture
def folder() -> t.Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:  # a socket's path must be short
        (Path(made) / "1f").mkdir()
        yield Path(made)


def health(**told: t.Any) -> bytes:
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, health(healthy=True), OK),
        (404, b"no such page", OK),
        (
            503,
            health(vaults={"default": "sealed", "eu": "ok", "us": "not asked yet"}, rotation=None),
            PluginAnswer(answers=True, problem="Vault default: sealed", is_starting=True),
        ),
        (200, health(vaults={"default": "ok", "eu": "ok"}), OK),
        (
            200,
            health(vaults={"default": "ok", "eu": "not asked yet"}),
            PluginAnswer(answers=True, is_starting=True),
        ),
        (200, b"fine", OK),
        (
            503,
            health(vaults={}, rotation={"problem": "no leader"}),
            PluginAnswer(answers=True, problem="rotation: no leader"),
        ),
        (500, b"oops", PluginAnswer(answers=True, problem="it answers with status 500")),
        (500, b"[]", PluginAnswer(answers=True, problem="it answers with status 500")),
    ],
)
def test_what_it_says_is_told(
    folder: Path, status: int, content: bytes, expected: PluginAnswer
) -> None:
    with peer(folder / "1f" / "p.sock", answer(status, content)):
        assert plugin_socket.ask(LOCAL, PLUGIN, str(folder)) == expected


def test_one_that_says_nothing_of_use_does_not_answer(folder: Path) -> None:
    with peer(folder / "1f" / "p.sock", b"nonsense\r\n\r\n"):
        told = plugin_socket.ask(LOCAL, PLUGIN, str(folder))
    assert told.answers is False
    assert "p.sock" in told.problem


@pytest.mark.parametrize("host", ["tcp://192.0.2.1:2376", "ssh://root@manager1", LOCAL])
def test_one_that_cannot_be_reached_from_here_is_not_judged(folder: Path, host: str) -> None:
    assert plugin_socket.ask(host, PLUGIN, str(folder)).answers is None
