# SPDX-License-Identifier: GPL-3.0-or-later
"""Vault behind a real forward proxy, which wants a password of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import typing as t

import pytest

from testbed.waiting import wait_for
from tests.e2e.vault.front import Front, Reply, always, forward
from tests.e2e.vault.support import CANARY, problem, version_of
from tests.e2e.vault.test_unreachable import FAST, SOURCE

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

PASSWORD = f"{CANARY}-proxy"


class Proxy(t.NamedTuple):
    """Where it listens, and what it writes down."""

    address: str
    log: Path

    @property
    def url(self) -> str:
        return f"http://user:{PASSWORD}@{self.address}"

    def tunnels(self) -> list[str]:
        """Return the lines about connections that were passed on."""
        return [line for line in self.log.read_text().splitlines() if "CONNECT" in line]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    port, log = folder / "port", folder / "log"
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0"]
    command += ["--port-file", str(port), "--log-file", str(log), "--num-workers", "1"]
    command += ["--num-acceptors", "1", "--basic-auth", f"user:{PASSWORD}"]
    with subprocess.Popen(command) as process:
        try:
            found = wait_for("the proxy", lambda: port.exists() and port.read_text(), timeout=30)
            yield Proxy(f"127.0.0.1:{int(found)}", log)
        finally:
            process.terminate()


@pytest.mark.parametrize("form", ["one for all", "by scheme"])
def test_requests_go_through_the_proxy(
    bao: OpenBao, open_reader: Open, proxy: Proxy, form: str
) -> None:
    bao.put("unreachable/app", x="y")
    before = len(proxy.tunnels())

    given = proxy.url if form == "one for all" else {"https": proxy.url}
    reader = open_reader(vault_proxies=given)

    assert version_of(reader, SOURCE).number
    reader.close()
    address = bao.url.removeprefix("https://")
    told = wait_for(
        "the proxy to tell of it", lambda: proxy.tunnels()[before:], timeout=30, interval=0.1
    )
    assert address in told[0]


def test_a_proxy_that_wants_another_password_is_named_and_no_password_shown(
    open_reader: Open, proxy: Proxy
) -> None:
    wrong = f"http://user:{CANARY}@{proxy.address}"
    error = problem(open_reader(vault_proxies=wrong, **FAST), SOURCE)
    assert "vault_proxies" in str(error)


VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.mark.case("V16")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_listens_on_this_host_is_never_reached_through_a_proxy_of_the_environment(
    bao: OpenBao, open_reader: Open, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    bao.put("unreachable/app", x="y")
    agent = forward(bao.url, bao.ca_cert)
    with Front(always(Reply(200, b"{}"))).running() as thief, Front(agent).running() as front:
        for name in VARIABLES:
            monkeypatch.setenv(name, thief.url)
            monkeypatch.setenv(name.lower(), thief.url)
        url = front.url.replace("127.0.0.1", host)
        assert version_of(open_reader(vault_url=url), SOURCE).number
        assert version_of(open_reader(), SOURCE).number
        assert thief.requests == []
        assert thief.connections == 0


@pytest.mark.case("V16")
def test_no_proxies_means_none_whatever_the_environment_says(
    bao: OpenBao, open_reader: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    bao.put("unreachable/app", x="y")
    port = int(bao.url.rsplit(":", 1)[1])
    real = socket.getaddrinfo

    def resolve(host: str, *rest: t.Any, **options: t.Any) -> list[t.Any]:
        return real("127.0.0.1" if host == "vault.test" else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    given = {"vault_url": f"https://vault.test:{port}", "vault_tls_server_name": "localhost"}
    with Front(always(Reply(503, b"no"))).running() as proxy:
        for name in VARIABLES:
            monkeypatch.setenv(name, proxy.url)
        assert version_of(open_reader(**given, vault_proxies={}), SOURCE).number
        assert proxy.connections == 0
        # Without it they count.
        assert "vault_proxies" in str(problem(open_reader(**given, vault_retries=0), SOURCE))
        assert proxy.connections > 0
