# SPDX-License-Identifier: GPL-3.0-or-later
"""One request at a time: what is sent, what comes of the answer, and what must never show."""

from __future__ import annotations

import base64
import json
import pickle
import traceback
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.connect import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import resolve
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
    EngineTransport,
)

from tests.unit.plugins.module_utils._swarm.peers import answer, peer

if t.TYPE_CHECKING:
    from pathlib import Path

VALUE = b"hunter2-\x00\xff"
ENCODED = base64.b64encode(VALUE).decode()
BODY = {"Name": "db", "Data": SecretValue(VALUE)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "engine.sock"


def transport(path: Path, **options: t.Any) -> EngineTransport:
    given = {"docker_host": f"unix://{path}", "api_version": "1.41", "timeout": 5, **options}
    resolved = resolve(given, {})
    return EngineTransport(connect(resolved), resolved)


def shown(error: BaseException) -> str:
    """Return everything that a log, a traceback or a debugger could show of an error."""
    parts = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None:
            continue
        parts += [repr(one), str(one), repr(vars(one)), *traceback.format_exception(one)]
        waiting += [one.__cause__, one.__context__]
    return "\n".join(parts)


def test_a_secret_value_is_sent_as_base64(path: Path) -> None:
    with peer(path, answer(201, b'{"ID": "abc"}')) as received:
        assert transport(path).call("POST", "/secrets/create", None, BODY) == {"ID": "abc"}
    head, body = received[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /v1.41/secrets/create HTTP/1.1")
    assert b"Content-Type: application/json" in head
    assert json.loads(body) == {"Name": "db", "Data": ENCODED}


def test_query_parameters_are_sent(path: Path) -> None:
    with peer(path, answer(200, b"[]")) as received:
        assert transport(path).call("GET", "/tasks", {"filters": '{"a":["b"]}'}) == []
    assert received[0].startswith(b"GET /v1.41/tasks?filters=%7B%22a%22%3A%5B%22b%22%5D%7D ")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
        answer(500, b'{"message": "something broke"}'),
        answer(400, b'{"message": "invalid"}'),
        answer(200, b"<html>"),
    ],
    ids=["lost", "cut short", "refused", "invalid", "no JSON"],
)
def test_a_failure_shows_nothing_of_the_value(path: Path, reply: bytes) -> None:
    with peer(path, reply), pytest.raises(errors.SwarmVaultError) as caught:
        transport(path).call("POST", "/secrets/create", None, BODY)
    everything = shown(caught.value)
    assert "POST /secrets/create" in everything
    assert "hunter2" not in everything
    assert ENCODED not in everything
    assert ENCODED.encode() not in pickle.dumps(caught.value.args)


def test_a_lost_connection_may_pass(path: Path) -> None:
    with peer(path, b""), pytest.raises(errors.DockerError) as caught:
        transport(path).call("GET", "/services")
    assert caught.value.transient
    assert "GET /services" in caught.value.message


def test_an_answer_cut_short_may_pass(path: Path) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n["
    with peer(path, cut), pytest.raises(errors.DockerError) as caught:
        transport(path).call("GET", "/services")
    assert caught.value.transient


def test_no_answer_in_time_may_pass_and_names_the_timeout(path: Path) -> None:
    with peer(path), pytest.raises(errors.DockerError) as caught:
        transport(path, timeout=1).call("GET", "/services")
    assert caught.value.transient
    assert "no answer in time" in caught.value.message
    assert "1 s" in caught.value.remedy


def test_something_else_than_an_engine_is_told(path: Path) -> None:
    with peer(path, answer(200, b"<html>")), pytest.raises(errors.DockerError) as caught:
        transport(path).call("GET", "/services")
    assert "not JSON" in caught.value.message
    assert not caught.value.transient


def test_a_refusal_without_json_is_shown_on_one_line(path: Path) -> None:
    with peer(path, answer(502, b"Bad\n Gateway")), pytest.raises(errors.DockerError) as caught:
        transport(path).call("GET", "/services")
    assert "Bad Gateway" in caught.value.message
    assert caught.value.transient


def test_an_empty_answer_is_none(path: Path) -> None:
    with peer(path, answer(200, b"")):
        assert transport(path).call("DELETE", "/secrets/x") is None


def test_the_engines_version_is_asked_for_once(path: Path) -> None:
    hang_up = "Connection: close"
    version = answer(200, b'{"ApiVersion": "1.51"}', hang_up)
    with peer(path, version, answer(200, b"[]", hang_up), answer(200, b"[]", hang_up)) as received:
        auto = transport(path, api_version="auto")
        auto.call("GET", "/secrets")
        auto.call("GET", "/services")
    assert [request.split(b" ")[1] for request in received] == [
        b"/version",
        b"/v1.51/secrets",
        b"/v1.51/services",
    ]


def test_nothing_is_written_with_an_older_api_than_the_engines(path: Path) -> None:
    with peer(path, answer(200, b"[]", "Api-Version: 1.100")) as received:
        old = transport(path, api_version="1.99")
        old.call("GET", "/services")
        with pytest.raises(errors.DockerError, match=r"1\.100.*1\.99.*api_version"):
            old.call("POST", "/services/x/update", {"version": 1}, {"Name": "web"})
    assert len(received) == 1


def test_the_engines_own_version_writes(path: Path) -> None:
    replies = [
        answer(200, b"[]", "Api-Version: 1.51", "Connection: close"),
        answer(200, b"{}", "Api-Version: 1.51", "Connection: close"),
    ]
    with peer(path, *replies) as received:
        same = transport(path, api_version="1.51")
        same.call("GET", "/services")
        same.call("POST", "/services/x/update", {"version": 1}, {"Name": "web"})
    assert len(received) == 2


def test_only_json_and_secret_values_are_sent(path: Path) -> None:
    with pytest.raises(TypeError, match="bytes cannot be sent"):
        transport(path).call("POST", "/x", None, {"Data": b"raw"})
