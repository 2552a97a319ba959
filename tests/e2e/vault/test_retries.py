# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes by itself is waited for, what does not is not, and all within one time limit."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    VaultUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.e2e.vault.front import Front, Reply, after, always, forward
from tests.e2e.vault.support import problem, version_of

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

SOURCE = VaultSource("retries/app")


@pytest.fixture(autouse=True)
def _secret(bao: OpenBao) -> None:
    bao.put("retries/app", x="y")


@pytest.mark.parametrize("status", [412, 429, 500, 502, 503, 504])
def test_a_passing_error_is_tried_again(bao: OpenBao, open_reader: Open, status: int) -> None:
    with Front(after(2, Reply(status), forward(bao.url, bao.ca_cert))).running() as front:
        assert version_of(open_reader(vault_url=front.url), SOURCE).number
        assert len(front.requests) == 3


def test_a_connection_that_breaks_off_is_tried_again(bao: OpenBao, open_reader: Open) -> None:
    with Front(after(2, None, forward(bao.url, bao.ca_cert))).running() as front:
        assert version_of(open_reader(vault_url=front.url), SOURCE).number
        assert len(front.requests) == 3


def test_a_login_that_fails_is_not_begun_again_for_each_path(open_reader: Open) -> None:
    options = {"vault_auth_method": "approle", "vault_role_id": "x", "vault_retries": 1}
    with Front(always(Reply(503))).running() as front:
        reader = open_reader(vault_url=front.url, **options)
        results = reader.versions([VaultSource(f"retries/{number}") for number in range(20)])
        assert len(front.requests) == 2
    assert all(isinstance(error, VaultUnreachableError) for error in results.values())


@pytest.mark.parametrize("retries", [0, 1, 2])
@pytest.mark.parametrize("reply", [Reply(500), None])
def test_there_are_as_many_tries_as_asked_for(
    open_reader: Open, retries: int, reply: Reply | None
) -> None:
    with Front(always(reply)).running() as front:
        error = problem(open_reader(vault_url=front.url, vault_retries=retries), SOURCE)
        assert isinstance(error, SourceUnreachableError)
        assert len(front.requests) == 1 + retries


@pytest.mark.parametrize("what", ["missing", "forbidden", "malformed"])
def test_an_answer_that_stays_the_same_is_not_asked_for_again(
    bao: OpenBao, open_reader: Open, what: str
) -> None:
    options = {
        "missing": {},
        "forbidden": {"vault_token": bao.token(["default"])},
        "malformed": {"vault_auth_method": "approle", "vault_role_id": "x"},
    }[what]
    with Front(forward(bao.url, bao.ca_cert)).running() as front:
        problem(open_reader(vault_url=front.url, **options), VaultSource("retries/none"))
        assert len(front.requests) == len(set(front.requests))


def test_tls_that_does_not_fit_is_not_tried_again(bao: OpenBao, open_reader: Open) -> None:
    with Front(always(Reply(200))).running() as plain:
        problem(open_reader(vault_url=plain.url.replace("http:", "https:")), SOURCE)
    assert plain.connections == 1
    with Front(always(Reply(200)), tls=bao.directory / "tls").running() as unknown:
        problem(open_reader(vault_url=unknown.url, vault_ca_cert=None), SOURCE)
    assert unknown.connections == 1


def test_a_restart_of_vault_is_waited_for(bao: OpenBao, open_reader: Open) -> None:
    reader = open_reader(vault_retries=12, vault_timeout=120)
    assert version_of(reader, SOURCE).number
    bao.stop()
    restart = threading.Thread(target=bao.start)
    restart.start()
    try:
        # Connections are refused, then it is sealed, then it has no active node.
        assert version_of(reader, SOURCE).number
    finally:
        restart.join()


def test_the_wait_that_vault_asks_for_is_kept(bao: OpenBao, open_reader: Open) -> None:
    root = bao.client()
    root.write_data("sys/quotas/config", data={"enable_rate_limit_response_headers": True})
    root.write_data(
        "sys/quotas/rate-limit/retries", data={"rate": 1, "interval": "4s", "path": "secret/"}
    )
    try:
        with Front(forward(bao.url, bao.ca_cert)).running() as front:
            reader = open_reader(vault_url=front.url, vault_retries=3)
            # Without the waits all four tries would be over well before the quota is fresh. (The
            # server rounds its waits down, so that one try may come too early.)
            for _i in range(2):
                assert version_of(reader, SOURCE).number
            assert len(front.requests) > 2
    finally:
        root.delete("sys/quotas/rate-limit/retries")


def test_a_wait_beyond_the_time_limit_is_not_begun(open_reader: Open) -> None:
    reply = Reply(429, b'{"errors": ["slow down"]}', {"Retry-After": "3600"})
    with Front(always(reply)).running() as front:
        error = problem(open_reader(vault_url=front.url, vault_timeout=20), SOURCE)
        assert len(front.requests) == 1
    assert isinstance(error, SourceUnreachableError)
    assert "429" in error.message
    assert "slow down" in error.message


def test_retries_end_with_the_time(open_reader: Open) -> None:
    with Front(always(None)).running() as front:
        options = {"vault_url": front.url, "vault_retries": 1000, "vault_timeout": 1}
        error = problem(open_reader(**options), SOURCE)
        assert len(front.requests) < 20
    assert isinstance(error, VaultUnreachableError)
