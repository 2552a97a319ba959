# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin as the engine meets it: a process behind a unix socket."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import stat
import tempfile
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.waiting import wait_for
from tests.e2e.secretprovider.plugin_process import PATIENCE, Plugin, Unix, running, start
from tests.e2e.secretprovider.served import BIG, VALUE

WEB = {
    "ServiceName": "shop_web",
    "ServiceLabels": {"com.docker.stack.namespace": "shop"},
    "TaskName": "shop_web.1.abc",
}


def program(directory: Path) -> tuple[str, ...]:
    served = "tests.e2e.secretprovider.served"
    return ("-m", served, str(directory / "plugin.sock"), str(directory / "gate"))


@pytest.fixture
def directory() -> t.Iterator[Path]:
    """A folder whose path is short enough for that of a socket."""
    with tempfile.TemporaryDirectory(prefix="plugin") as path:
        yield Path(path)


@pytest.fixture
def plugin(directory: Path) -> t.Iterator[Plugin]:
    with running(directory, *program(directory)) as one:
        yield one


def line_with(said: t.Callable[[], str], word: str) -> str:
    """Give the line of the log, which is written after the answer."""
    wait_for(f"a line with {word}", lambda: word in said(), timeout=PATIENCE, interval=0.01)
    (line,) = [line for line in said().splitlines() if word in line]
    return line


def test_it_serves_the_protocol(plugin: Plugin) -> None:
    assert stat.S_IMODE(plugin.socket.stat().st_mode) == 0o600
    connection = Unix(plugin.socket)
    connection.request("POST", "/Plugin.Activate")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "application/vnd.docker.plugins.v1.2+json"
    assert json.loads(answer.read()) == {"Implements": ["secretprovider"]}
    # On the same connection: the engine keeps it.
    connection.request("POST", "/SecretProvider.GetSecret", b"{}")
    assert connection.getresponse().headers["Content-Type"].startswith("application/vnd.docker")
    connection.close()
    assert plugin.get("db") == {"Value": VALUE, "Err": "", "DoNotReuse": False}
    assert plugin.get("once")["DoNotReuse"] is True
    assert plugin.get("big")["Value"] == BIG


def test_what_is_not_the_protocol_does_no_harm(plugin: Plugin) -> None:
    for body in (b"", b"[]", b"\xff" * 1000, b"[" * 100_000):
        status, answer = plugin.call("/SecretProvider.GetSecret", body or b" ")
        assert (status, list(json.loads(answer))) == (200, ["Err"])
    with contextlib.closing(Unix(plugin.socket)) as connection:
        connection.putrequest("POST", "/SecretProvider.GetSecret")
        connection.putheader("Content-Length", str(1024 * 1024 + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413
    assert plugin.call("/SecretProvider.GetSecret", method="GET")[0] == 404
    assert plugin.call("/metrics", method="GET")[0] == 404
    for junk in (b"junk\r\n\r\n", b"\0" * 4096, b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(plugin.socket))
            client.sendall(junk)
            client.shutdown(socket.SHUT_WR)
            client.recv(100)
    assert plugin.get("db")["Value"] == VALUE


def test_a_body_of_one_mebibyte_is_taken_and_stays_in_memory(plugin: Plugin) -> None:
    request = json.dumps({"SecretName": "db", "TaskImage": ""}).encode()
    body = request[:-2] + b"x" * (1024 * 1024 - len(request)) + request[-2:]
    status, answer = plugin.call("/SecretProvider.GetSecret", body)
    assert (status, json.loads(answer)["Err"]) == (200, "")


def test_three_hundred_requests_that_wait_for_each_other_all_have_a_thread(plugin: Plugin) -> None:
    with ThreadPoolExecutor(300) as pool:
        answers = list(pool.map(plugin.get, ["together-300"] * 300))
    assert [answer["Value"] for answer in answers] == [VALUE] * 300
    # ... which end when they are no longer needed.
    wait_for("fewer threads", lambda: int(plugin.status()["Threads"]) < 30, timeout=PATIENCE)
    assert plugin.get("db")["Value"] == VALUE


def test_requests_that_hang_hold_up_no_other(plugin: Plugin) -> None:
    with ThreadPoolExecutor(40) as pool:
        hanging = [pool.submit(plugin.get, "gated") for _number in range(40)]
        plugin.at_the_gate(40)
        assert plugin.get("db")["Value"] == VALUE
        assert not any(one.done() for one in hanging)
        plugin.gate.touch()
        assert {one.result()["Value"] for one in hanging} == {VALUE}


def refuses(plugin: Plugin) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(plugin.socket)) != 0


def test_what_is_under_way_is_finished_when_it_is_told_to_end(plugin: Plugin) -> None:
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(plugin.get, "gated") for _number in range(20)]
        plugin.at_the_gate(20)
        plugin.process.terminate()
        wait_for("the socket to close", lambda: refuses(plugin), timeout=PATIENCE, interval=0.01)
        plugin.gate.touch()
        assert {one.result()["Value"] for one in waiting} == {VALUE}
    assert plugin.process.wait(PATIENCE) == 0
    assert "stopped" in plugin.out()
    assert Path(f"{plugin.gate}-closed").exists()


def test_what_hangs_does_not_keep_it_from_ending(plugin: Plugin) -> None:
    failures: list[Exception] = []

    def ask() -> None:
        try:
            plugin.get("gated")
        except Exception as error:  # noqa: BLE001  # whichever: there is no answer
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    plugin.at_the_gate(1)
    assert plugin.end() == 0
    asking.join(PATIENCE)
    assert len(failures) == 1


def test_it_starts_again_where_an_earlier_one_left_its_socket(directory: Path) -> None:
    for _number in range(2):
        with running(directory, *program(directory)) as plugin:
            assert plugin.get("db")["Value"] == VALUE
            plugin.process.kill()


def test_each_request_is_one_line_that_a_search_for_the_service_finds(plugin: Plugin) -> None:
    plugin.get("db", **WEB)
    line = line_with(plugin.out, "shop_web")
    assert re.search(
        r'level=info event="secret delivered" service=shop_web secret=db outcome=vault', line
    )
    assert "stack=shop task=shop_web.1.abc" in line
    assert re.search(r"path=secret/shop duration=[0-9.]+$", line)
    plugin.get("refused", ServiceName="shop_api")
    line = line_with(plugin.err, "shop_api")
    assert 'outcome=error reason="It is not allowed. Ask for it."' in line
    plugin.get("cached", ServiceName="shop_cache")
    line = line_with(plugin.err, "shop_cache")
    assert 'outcome=cache reason="It is away."' in line
    assert "age=12.3" in line


def test_names_cannot_make_lines_of_their_own(plugin: Plugin) -> None:
    plugin.get("refused", ServiceName='evil\nlevel=info event="all is well"\x1b[2J')
    line = line_with(plugin.err, "evil")
    assert "\x1b" not in line
    assert "It is not allowed" in line


def test_no_value_is_logged_whatever_goes_wrong(plugin: Plugin) -> None:
    said = plugin.get("bug", ServiceName="shop_bug")["Err"]
    assert "KeyError in get_secret" in said
    assert "shop_bug" in line_with(plugin.err, "shop_bug")
    plugin.get("db")
    plugin.get("once")
    for text in (said, plugin.out(), plugin.err()):
        assert VALUE.decode() not in text


def test_the_log_can_be_json(directory: Path) -> None:
    with running(directory, *program(directory), LOG_FORMAT="json") as plugin:
        plugin.get("db", **WEB)
        plugin.get("refused", ServiceName="shop_api")
        said = json.loads(line_with(plugin.out, "shop_web"))
        assert (said["service"], said["outcome"], said["level"]) == ("shop_web", "vault", "info")
        assert json.loads(line_with(plugin.err, "shop_api"))["reason"].startswith("It is not")


def test_a_log_that_nobody_reads_any_more_costs_no_request(directory: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        plugin = start(directory, *program(directory), output=nobody)
    try:
        wait_for("a value", lambda: plugin.get("db"), timeout=PATIENCE, ignore=(OSError,))
        assert plugin.get("refused")["Err"].startswith("It is not allowed")
        assert plugin.end() == 0
    finally:
        plugin.process.kill()


def test_health_tells_of_a_vault_that_is_away(plugin: Plugin) -> None:
    def health() -> tuple[int, t.Any]:
        status, body = plugin.call("/health", method="GET")
        return status, json.loads(body)["vaults"]

    wait_for("the login", lambda: health() == (200, {"default": "ok"}), timeout=PATIENCE)
    plugin.get("slow")  # which is one path only
    plugin.get("away", SecretLabels={"vault_connection": "unknown"})
    assert health() == (200, {"default": "ok"})
    plugin.get("cached")
    assert health() == (503, {"default": "It is away."})
    plugin.get("away")
    assert health() == (503, {"default": "Vault is away."})
    plugin.get("refused")
    assert health()[0] == 503
    plugin.get("db")
    assert health() == (200, {"default": "ok"})


def test_metrics_are_served_where_they_are_asked_for(directory: Path) -> None:
    path = directory / "metrics.sock"
    with running(directory, *program(directory), METRICS_LISTEN=f"unix://{path}") as plugin:
        plugin.get("db")
        plugin.get("away")
        connection = Unix(path)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        for line in (
            'swarmvault_requests_total{outcome="vault"} 1.0',
            'swarmvault_requests_total{outcome="error"} 1.0',
            "swarmvault_request_duration_seconds_count 2.0",
            'swarmvault_vault_up{connection="default"} 0.0',
            "process_resident_memory_bytes",
        ):
            assert line in text
        connection = Unix(path)
        connection.request("POST", "/SecretProvider.GetSecret", b"{}")
        assert connection.getresponse().status == 404
        connection.close()
        assert plugin.call("/health", method="GET")[0] == 503


def test_wrong_settings_end_it_with_a_line_that_says_so(directory: Path) -> None:
    plugin = start(directory, *program(directory), VAULT_DEADLINE="soon")
    assert plugin.process.wait(PATIENCE) == 2
    assert "VAULT_DEADLINE is 'soon', which is not a time" in plugin.err()
    assert "Traceback" not in plugin.err()


def test_a_socket_that_cannot_be_opened_ends_it(directory: Path) -> None:
    where = directory / "missing" / "plugin.sock"
    plugin = start(directory, *program(directory)[:2], str(where), "gate")
    assert plugin.process.wait(PATIENCE) == 3
    assert "the plugin cannot start" in plugin.err()


def test_a_login_that_is_refused_is_told_at_once_and_the_socket_answers(directory: Path) -> None:
    (directory / "refused").touch()
    with running(directory, *program(directory)) as plugin:
        wait_for("a line", lambda: "cannot log in" in plugin.err(), timeout=PATIENCE)
        assert 'reason="It is not let in to default. Use another key."' in plugin.err()
        assert plugin.call("/health", method="GET")[0] == 503
        assert plugin.get("db")["Value"] == VALUE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
def test_it_keeps_no_rights(directory: Path) -> None:
    settings = {"uid": "65532", "gid": "65533"}
    with running(directory, *program(directory), **settings) as plugin:
        assert plugin.get("db")["Value"] == VALUE
        status = plugin.status()
        assert status["Uid"].split() == ["65532"] * 4
        assert status["Gid"].split() == ["65533"] * 4
        assert status["Groups"] == ""
        for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(status[kind], 16) == 0
        assert status["NoNewPrivs"] == "1"
        limits = Path(f"/proc/{plugin.process.pid}/limits").read_text(encoding="utf-8")
        assert re.search(r"Max core file size +0 +0 ", limits)
        assert plugin.end() == 0
