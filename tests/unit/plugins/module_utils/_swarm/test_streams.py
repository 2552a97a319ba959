# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that have to do with a registry or an archive: what is sent, and what the answer means."""

from __future__ import annotations

import base64
import io
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import streams
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import open_engine
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.plugins import PluginClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import resolve
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
    EngineTransport,
)

from tests.unit.plugins.module_utils._swarm.peers import answer, peer

PRIVILEGES = b'[{"Name":"network","Value":["host"]}]\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "engine.sock"


def engine(path: Path) -> EngineTransport:
    options = resolve({"docker_host": f"unix://{path}", "api_version": "1.41"}, {})
    return open_engine(options)


def test_a_plugin_is_pulled_with_what_it_asks_for_and_the_login_of_its_registry(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = base64.b64encode(b"me:hush").decode()
    config = {"auths": {"registry.example.com": {"auth": login}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with peer(path, answer(200, PRIVILEGES), answer(200, b'{"status":"Pulling"}\r\n')) as received:
        client = engine(path)
        PluginClient(client, client).pull("registry.example.com/p:1", "p:latest")
    asked, pulled = (bytes(one).decode() for one in received)
    assert "GET /v1.41/plugins/privileges?remote=registry.example.com%2Fp%3A1" in asked
    assert "POST /v1.41/plugins/pull?remote=registry.example.com%2Fp%3A1&name=p%3Alatest" in pulled
    assert json.loads(pulled.partition("\r\n\r\n")[2]) == json.loads(PRIVILEGES)
    for one in (asked, pulled):
        (header,) = [line for line in one.splitlines() if line.startswith("X-Registry-Auth")]
        decoded = json.loads(base64.urlsafe_b64decode(header.partition(": ")[2]))
        assert (decoded["username"], decoded["password"]) == ("me", "hush")


def test_an_archive_is_sent_as_it_is(path: Path) -> None:
    with peer(path, answer(204, b"")) as received:
        client = engine(path)
        PluginClient(client, client).create("p:latest", io.BytesIO(b"a tar file"))
    text = bytes(received[0])
    assert b"Content-Type: application/x-tar" in text
    assert text.endswith(b"\r\n\r\na tar file")


def told(status: int, content: bytes) -> list[t.Any]:
    return streams.documents("POST /x", "unix:///x", status, content)


def test_a_failure_after_a_good_beginning_is_one() -> None:
    content = b'{"status":"Pulling"}\r\n{"errorDetail":{},"error":"disk full"}\r\n'
    with pytest.raises(errors.DockerError, match="disk full"):
        told(200, content)


@pytest.mark.parametrize(
    ("status", "content", "kind", "words"),
    [
        (404, b'{"message":"not found"}\n', errors.DockerNotFoundError, "not found"),
        (500, b"no JSON", errors.DockerError, "no JSON"),
        (500, b"", errors.DockerError, "status 500"),
    ],
)
def test_a_refusal_is_told_in_the_engines_words(
    status: int, content: bytes, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        told(status, content)


def test_what_is_read_is_returned() -> None:
    assert told(200, PRIVILEGES) == [json.loads(PRIVILEGES)]
    assert told(204, b"") == []
