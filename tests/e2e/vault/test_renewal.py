# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that lasts longer than its token loses no work, and logs in again only where it must."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import LoginError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceVersion,
    VaultSource,
)

from testbed.waiting import wait_for
from tests.e2e.vault.support import (
    Calls,
    options_for,
    problem,
    renewals_running,
    version_of,
)
from tests.e2e.vault.test_login import LOGIN, REVOKE, Tokens, is_alive

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

RENEW = "POST auth/token/renew-self"
SOURCE = VaultSource("renewal/app")
READ = "GET secret/metadata/renewal/app"


@pytest.fixture(autouse=True)
def _secret(bao: OpenBao) -> None:
    bao.put("renewal/app", x="y")
    bao.policy("renewal", 'path "secret/+/renewal/*" { capabilities = ["read"] }')


def approle(bao: OpenBao, name: str, **role: t.Any) -> dict[str, str]:
    """Return the options to log in by a role."""
    role_id, secret_id = bao.approle(name, ["renewal"], **role)
    return {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }


def wait_for_renewals(calls: Calls, count: int) -> None:
    wait_for(f"{count} renewals", lambda: calls.count(RENEW) >= count, timeout=60)


def test_a_run_longer_than_the_life_of_its_token_logs_in_once(
    bao: OpenBao, open_reader: Open
) -> None:
    options = approle(bao, "renewed", token_ttl="3s")
    bao.clear_audit()
    calls = Tokens()
    reader = open_reader(calls, **options)
    assert version_of(reader, SOURCE).number
    wait_for_renewals(calls, 3)  # it would have ended before the second
    assert version_of(reader, SOURCE).number
    assert len(bao.audit_requests("auth/approle/login")) == 1
    reader.close()
    assert calls[-1] == REVOKE
    assert not is_alive(bao, calls.tokens[0])


def test_a_token_that_may_not_live_on_is_replaced_without_losing_work(
    bao: OpenBao, open_reader: Open
) -> None:
    sources = [VaultSource(f"renewal/many/{number}") for number in range(30)]
    for source in sources:
        bao.put(source.path, x="y")
    calls = Tokens()
    reader = open_reader(calls, **approle(bao, "ending", token_ttl="2s", token_max_ttl="3s"))
    assert version_of(reader, SOURCE).number
    wait_for("the token's end", lambda: not is_alive(bao, calls.tokens[0]), timeout=60)
    # Asked once more at the most, but not over and over.
    assert 1 <= calls.count(RENEW) <= 2
    assert all(isinstance(v, SourceVersion) for v in reader.versions(sources).values())
    assert calls.count(LOGIN) == 2


def test_a_token_that_ends_while_many_paths_are_read(bao: OpenBao, open_reader: Open) -> None:
    sources = [VaultSource(f"renewal/slow/{number}") for number in range(40)]
    for source in sources:
        bao.put(source.path, x="y")
    calls = Tokens()
    gone = threading.Event()

    def wait_half_way(request: t.Any, send: t.Any) -> t.Any:
        if request.path.endswith("/slow/20") and not gone.is_set():
            wait_for("the token's end", lambda: not is_alive(bao, calls.tokens[0]), timeout=60)
            gone.set()
        return calls(request, send)

    options = approle(bao, "slow", token_ttl="2s", token_max_ttl="2s")
    reader = open_reader(wait_half_way, **options)
    assert all(isinstance(v, SourceVersion) for v in reader.versions(sources).values())
    assert gone.is_set()
    assert calls.count(LOGIN) >= 2


@pytest.mark.case("V3")
@pytest.mark.parametrize("life", [{"ttl": "3s"}, {"period": "3s"}, {}])
def test_nothing_is_asked_about_a_users_token_and_nobody_renews_it(
    bao: OpenBao, life: dict[str, str]
) -> None:
    calls = Calls()
    with connect(options_for(bao, vault_token=bao.token(["renewal"], **life)), hook=calls) as one:
        assert version_of(one, SOURCE).number
        assert not renewals_running()
    assert calls == [READ]


def test_a_users_token_that_ends_is_reported(bao: OpenBao, open_reader: Open) -> None:
    token = bao.token(["renewal"], ttl="1s", explicit_max_ttl="1s")
    reader = open_reader(vault_token=token)
    assert version_of(reader, SOURCE).number
    wait_for("the token's end", lambda: not is_alive(bao, token), timeout=30)
    assert isinstance(problem(reader, SOURCE), LoginError)


def test_a_token_is_renewed_for_as_long_as_its_leases_need(bao: OpenBao, open_reader: Open) -> None:
    increments: list[str] = []

    def watch(request: t.Any, send: t.Any) -> t.Any:
        if str(request) == RENEW:
            increments.append(request.json["increment"])
        return send()

    reader = open_reader(watch, **approle(bao, "leasing", token_ttl="2s"))
    assert version_of(reader, SOURCE).number
    assert reader._client.hold_lease("some/lease", 6.0) == 6.0
    wait_for("a renewal in the background", lambda: increments.count("8s") > 1, timeout=60)
    assert set(increments) <= {"2s", "8s"}
    assert increments[-1] == "8s"


def test_an_outage_does_not_end_the_renewing(bao: OpenBao, open_reader: Open) -> None:
    failed = threading.Event()
    calls = Calls()

    def seal_for_one_renewal(request: t.Any, send: t.Any) -> t.Any:
        if str(request) != RENEW or failed.is_set():
            return calls(request, send)
        bao.seal()
        try:
            return send()
        finally:
            bao.unseal()
            failed.set()

    options = approle(bao, "outage", token_ttl="20s")
    reader = open_reader(seal_for_one_renewal, **options, vault_retries=0)
    assert version_of(reader, SOURCE).number
    wait_for_renewals(calls, 1)
    assert failed.is_set()
    assert version_of(reader, SOURCE).number
    assert calls.count(LOGIN) == 1


def test_nothing_is_left_running_after_the_end(bao: OpenBao) -> None:
    with connect(options_for(bao, **approle(bao, "threads", token_ttl="1h"))) as reader:
        assert version_of(reader, SOURCE).number
        assert renewals_running()
    assert not renewals_running()
