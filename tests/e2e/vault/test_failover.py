# SPDX-License-Identifier: GPL-3.0-or-later
"""Several addresses of one Vault: the next is tried where one cannot serve, in the time of one."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    LoginError,
    VaultUnreachableError,
    WrongAddressError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceVersion,
    VaultSource,
)

from testbed.pki import Authority
from tests.e2e.vault.front import Front, Reply, after, always, forward, silent
from tests.e2e.vault.support import Calls, problem, version_of
from tests.e2e.vault.test_unreachable import free_port

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

SOURCE = VaultSource("failover/app")
MANY = [VaultSource(f"failover/{number}") for number in range(20)]


@pytest.fixture(autouse=True)
def _secret(bao: OpenBao) -> None:
    bao.put("failover/app", x="y")


def nobody() -> str:
    """Return an address where nobody listens."""
    return f"https://127.0.0.1:{free_port()}"


@pytest.mark.parametrize("given", ["list", "text"])
def test_the_next_one_is_tried_where_nobody_listens(
    bao: OpenBao, open_reader: Open, given: str
) -> None:
    urls = [nobody(), nobody(), bao.url]
    calls = Calls()
    reader = open_reader(calls, vault_url=urls if given == "list" else ", ".join(urls))
    assert version_of(reader, SOURCE).number
    assert len(calls) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(503, b'{"errors": ["Vault is sealed"]}'),
        Reply(501, b'{"errors": ["Vault is not initialized"]}'),
        Reply(500, b'{"errors": ["active cluster node not found"]}'),
        Reply(412, b'{"errors": ["required index state not present"]}'),
        Reply(502, b"<html>bad gateway"),
        Reply(200, b"<html>some web page"),
        None,
    ],
)
def test_one_that_cannot_serve_is_asked_once_and_the_other_from_then_on(
    bao: OpenBao, open_reader: Open, reply: Reply | None
) -> None:
    with Front(always(reply)).running() as front:
        reader = open_reader(vault_url=[front.url, bao.url])
        for _i in range(3):
            assert version_of(reader, SOURCE).number
        assert len(front.requests) == 1


def test_one_that_comes_back_is_asked_again_when_the_other_goes(
    bao: OpenBao, open_reader: Open
) -> None:
    plain = forward(bao.url, bao.ca_cert)
    with Front(always(None)).running() as one, Front(plain).running() as other:
        reader = open_reader(vault_url=[one.url, other.url])
        assert version_of(reader, SOURCE).number
        one.behaviour, other.behaviour = plain, always(None)
        assert version_of(reader, SOURCE).number
        assert len(one.requests) == len(other.requests) == 2


def test_one_that_swallows_a_request_is_not_asked_first_again(
    bao: OpenBao, open_reader: Open
) -> None:
    with Front(silent).running() as hole:
        reader = open_reader(vault_url=[hole.url, nobody(), bao.url], vault_timeout="800ms")
        # Whoever got a request may take all of its time.
        assert "did not answer within 0.8 s" in str(problem(reader, SOURCE))
        for _i in range(3):
            assert version_of(reader, SOURCE).number
        assert len(hole.requests) == 1


def test_one_whose_certificate_is_not_trusted_is_left_out(
    bao: OpenBao, open_reader: Open, tmp_path: Path
) -> None:
    Authority("stranger").issue_to(tmp_path, "stranger", ["127.0.0.1"])
    with Front(always(Reply(200)), tls=tmp_path).running() as stranger:
        assert version_of(open_reader(vault_url=[stranger.url, bao.url]), SOURCE).number
        assert stranger.connections == 1
        # There is no use in trying it again, as there is with the other.
        error = problem(open_reader(vault_url=[stranger.url, nobody()], vault_retries=3), SOURCE)
        assert stranger.connections == 2
    assert "is not trusted" in str(error)


def test_when_none_serves_each_is_named_with_its_reason(open_reader: Open) -> None:
    sealed = Reply(503, b'{"errors": ["Vault is sealed"]}')
    gone = nobody()
    with Front(always(sealed)).running() as closed, Front(silent).running() as hole:
        urls = [gone, closed.url, hole.url]
        reader = open_reader(vault_url=urls, vault_timeout=1, vault_retries=0)
        results = reader.versions(MANY)
        # Once for what is to be read, and once to find out whether Vault is there at all.
        assert len(closed.requests) == len(hole.requests) == 2
    for error in results.values():
        assert isinstance(error, VaultUnreachableError)
        assert f"Vault at {gone} cannot be reached: connection refused." in error.message
        assert f"Vault at {closed.url} is sealed." in error.message
        assert f"Vault at {hole.url} did not answer within " in error.message
        assert "Check vault_url" in error.remedy
        assert "Unseal it" in error.remedy


@pytest.mark.parametrize("retries", [0, 2])
def test_each_is_tried_as_often_as_asked_for(open_reader: Open, retries: int) -> None:
    refusal = Reply(500, b'{"errors": ["internal error"]}')
    with Front(always(refusal)).running() as one, Front(always(None)).running() as other:
        reader = open_reader(vault_url=[one.url, other.url], vault_retries=retries)
        error = problem(reader, SOURCE)
        assert len(one.requests) == len(other.requests) == 1 + retries
    # Something else may well be served.
    assert error.__class__ is SourceUnreachableError


def test_none_that_is_vault(open_reader: Open) -> None:
    page = always(Reply(200, b"<html>"))
    with Front(page).running() as one, Front(page).running() as other:
        error = problem(open_reader(vault_url=[one.url, other.url]), SOURCE)
        assert len(one.requests) == len(other.requests) == 1
    assert isinstance(error, WrongAddressError)
    assert f"{one.url} does not answer like Vault" in error.message
    assert f"{other.url} does not answer like Vault" in error.message


def test_a_limit_is_waited_for_and_not_gone_round(bao: OpenBao, open_reader: Open) -> None:
    plain = forward(bao.url, bao.ca_cert)
    later = Reply(429, b'{"errors": ["slow down"]}', {"Retry-After": "1"})
    with (
        Front(after(1, later, plain)).running() as limited,
        Front(plain).running() as other,
    ):
        assert version_of(open_reader(vault_url=[limited.url, other.url]), SOURCE).number
        assert len(limited.requests) == 2
        assert other.requests == []


def test_a_wait_beyond_the_time_limit_is_not_begun(open_reader: Open) -> None:
    later = Reply(429, b'{"errors": ["slow down"]}', {"Retry-After": "3600"})
    with Front(always(later)).running() as limited:
        error = problem(open_reader(vault_url=[limited.url, nobody()], vault_timeout=20), SOURCE)
        assert len(limited.requests) == 1
    assert "429" in str(error)


def test_a_refusal_is_an_answer(bao: OpenBao, open_reader: Open) -> None:
    with Front(forward(bao.url, bao.ca_cert)).running() as front:
        reader = open_reader(vault_url=[front.url, bao.url])
        assert "There is nothing at" in str(problem(reader, VaultSource("failover/none")))
        login = {"vault_auth_method": "approle", "vault_role_id": "x", "vault_secret_id": "y"}
        error = problem(open_reader(vault_url=[front.url, bao.url], **login), SOURCE)
        assert front.requests.count("POST /v1/auth/approle/login") == 1
    assert isinstance(error, LoginError)
    assert f"Vault at {front.url}, {bao.url} refused the login" in error.message


def test_a_login_and_many_reads_outlive_the_one_they_began_with(
    bao: OpenBao, open_reader: Open
) -> None:
    for source in MANY:
        bao.put(source.path, x="y")
    bao.policy("failover", 'path "secret/*" { capabilities = ["read"] }')
    role_id, secret_id = bao.approle("failover", ["failover"])
    login = {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }
    calls = Calls()
    plain = forward(bao.url, bao.ca_cert)
    with Front(plain).running() as one, Front(plain).running() as other:

        def break_half_way(request: t.Any, send: t.Any) -> t.Any:
            if len(calls) == 10:
                one.behaviour = always(None)
            return calls(request, send)

        reader = open_reader(break_half_way, 4, vault_url=[one.url, other.url], **login)
        results = reader.versions(MANY)
        assert other.requests
    assert all(isinstance(version, SourceVersion) for version in results.values())
    assert calls.count("POST auth/approle/login") == 1
