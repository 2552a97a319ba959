# SPDX-License-Identifier: GPL-3.0-or-later
"""A Vault that cannot be reached, and credentials that change while the plugin runs."""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from swarmvault_core._common.errors import InputError, SourceError, SourceUnreachableError
from swarmvault_core._vault.settings import resolve
from swarmvault_secretprovider import outages, single_flight, vaults
from swarmvault_secretprovider.server import CONNECTIONS

from testbed.waiting import wait_for
from tests.e2e.secretprovider.support import (
    CANARY,
    Credentials,
    Lines,
    Open,
    old,
    plugin_token,
    request,
    value,
)
from tests.e2e.vault.front import Front, forward, hanging, silent
from tests.e2e.vault.support import everything_shown

if t.TYPE_CHECKING:
    from swarmvault_secretprovider.provider import Provider

    from testbed import OpenBao

LASTS = {"vault_path": "shop/cached"}
VALUE = f"{CANARY}-cached".encode()


@pytest.fixture(autouse=True)
def _values(bao: OpenBao, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    monkeypatch.setattr(single_flight, "FRESH_SECONDS", 0.0)
    bao.start()
    bao.put("shop/cached", value=VALUE.decode())
    for service in ("shop_api", "pay_api"):
        bao.policy(service, 'path "secret/data/shop/*" { capabilities = ["read"] }')
    yield
    bao.start()


def failure(provider: Provider, **asked: t.Any) -> SourceUnreachableError:
    with pytest.raises(SourceUnreachableError) as caught:
        provider.get_secret(request(**asked))
    assert CANARY not in everything_shown(caught.value)
    return caught.value


def recovered(provider: Provider, **asked: t.Any) -> None:
    """Wait until values come from Vault again."""
    wait_for(
        "a value from Vault",
        lambda: provider.get_secret(request(**asked)).origin == "vault",
        timeout=30,
        ignore=(SourceError,),
    )


def test_while_vault_is_away_the_value_before_is_handed_out_and_its_age_told(
    bao: OpenBao, provider: Provider
) -> None:
    assert value(provider, **LASTS) == VALUE
    bao.stop()
    answer = provider.get_secret(request(**LASTS))
    assert answer.value.reveal() == VALUE
    assert answer.origin == "cache"
    assert answer.age is not None
    assert answer.age >= 0
    assert answer.reason
    assert provider.health()["default"]
    # What was not read before fails, and so does every other field of what was.
    assert "shop/other" in failure(provider, vault_path="shop/other").message
    failure(provider, **LASTS, vault_field="value", vault_version="1")
    bao.start()
    recovered(provider, **LASTS)
    wait_for("health", lambda: provider.health()["default"] is None, timeout=10)


def test_the_next_ones_do_not_wait_for_a_vault_that_is_away(
    bao: OpenBao, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "PAUSE_SECONDS", 3600.0)
    value(provider, **LASTS)
    bao.stop()
    failure(provider, vault_path="shop/other")
    bao.start()
    # Nobody asks again for a while, however many tasks there are.
    bao.clear_audit()
    for _task in range(20):
        assert provider.get_secret(request(**LASTS)).origin == "cache"
        failure(provider, vault_path="shop/other")
    assert bao.audit_requests("secret/") == []


OWN = {
    "wrapped": {"vault_path": "shop/cached", "vault_wrap": "true"},
    "token": {"vault_type": "vault_token"},
    "wrapped token": old(type="vault_token", wrap="true"),
    "leased": {
        "vault_path": "pki/issue/leased",
        "vault_engine": "pki",
        "vault_format": "json",
        "vault_params": '{"common_name": "a"}',
    },
}


def test_what_is_one_tasks_own_is_never_kept(bao: OpenBao, provider: Provider) -> None:
    for labels in OWN.values():
        assert value(provider, labels=labels)
    assert len(provider._cache) == 0
    bao.stop()
    for labels in OWN.values():
        failure(provider, labels=labels)


def test_a_service_is_not_served_what_another_one_read(bao: OpenBao, open_provider: Open) -> None:
    own = Credentials(bao, plugin_token(bao, "outage", "shop_api", "pay_api"))
    provider = open_provider(
        credentials=own,
        token_role="outage",
        task_policies=("{service}",),
        allowed_paths=("secret/{stack}/*",),
    )
    assert value(provider, **LASTS) == VALUE
    bao.stop()
    assert provider.get_secret(request(**LASTS)).origin == "cache"
    failure(provider, service="pay_api", **LASTS)
    with pytest.raises(InputError):
        provider.get_secret(request(stack="pay", **LASTS))


def test_a_value_that_vault_would_not_give_any_more_is_forgotten(
    bao: OpenBao, provider: Provider
) -> None:
    value(provider, **LASTS)
    bao.client().secrets.kv.v2.delete_metadata_and_all_versions("shop/cached")
    wait_for("the value to be asked for anew", lambda: gone(provider), timeout=10)
    bao.stop()
    failure(provider, **LASTS)


def gone(provider: Provider) -> bool:
    try:
        value(provider, **LASTS)
    except SourceUnreachableError:
        raise
    except SourceError:
        return True
    return False


@pytest.mark.parametrize("away", [True, False])
@pytest.mark.parametrize("by_label", [True, False])
def test_a_task_may_start_without_its_value(
    bao: OpenBao, open_provider: Open, away: bool, by_label: bool
) -> None:
    provider = open_provider(plugin={} if by_label else {"fail_on_error": False})
    labels = {"fail_on_error": "false"} if by_label else {}
    if away:
        bao.stop()
    answer = provider.get_secret(request(vault_path="shop/nothing", **labels))
    assert answer.value.reveal() == b"\n"  # the engine refuses a file of no bytes
    assert answer.origin == "empty"
    assert answer.do_not_reuse
    assert "shop/nothing" in answer.path
    with pytest.raises(SourceError):
        provider.get_secret(request(vault_path="shop/nothing", fail_on_error="true"))
    with pytest.raises(InputError):  # nobody starts with what it may not have
        provider.get_secret(request(vault_path="x", vault_format="odd", **labels))


def test_no_request_takes_longer_than_its_deadline(bao: OpenBao, open_provider: Open) -> None:
    credentials = Credentials(bao, bao.root_token)
    with Front(silent).running() as front:
        credentials.url = front.url
        provider = open_provider(credentials=credentials, plugin={"deadline": 1.0})
        started = time.monotonic()
        failure(provider, **LASTS)
        # Not a measurement: without the deadline it would be 30 s and more.
        assert time.monotonic() - started < 10


def test_a_path_that_hangs_holds_up_no_other(bao: OpenBao, open_provider: Open) -> None:
    """Not even when more tasks want it than the server keeps threads for."""
    bao.put("shop/hung", value="x")
    credentials = Credentials(bao, bao.root_token)
    with Front(hanging("shop/hung", forward(bao.url, bao.ca_cert))).running() as front:
        credentials.url = front.url
        provider = open_provider(credentials=credentials, plugin={"deadline": 20.0})
        with ThreadPoolExecutor(CONNECTIONS) as server:
            hung = [
                server.submit(provider.get_secret, request(vault_path="shop/hung"))
                for _task in range(32)
            ]
            others = [
                server.submit(provider.get_secret, request(f"other{task}", **LASTS))
                for task in range(32)
            ]
            assert {one.result().value.reveal() for one in others} == {VALUE}
            assert not any(one.done() for one in hung)
            assert len([one for one in front.requests if "shop/hung" in one]) == 1
            front.released.set()
            errors = [one.exception() for one in hung]
    assert all(isinstance(error, SourceUnreachableError) for error in errors)


def test_a_hanging_vault_holds_up_no_other_vault(bao: OpenBao, open_provider: Open) -> None:
    with Front(silent).running() as front:
        hung = Credentials(bao, bao.root_token, url=front.url)
        provider = open_provider(connections={"hung": hung}, plugin={"deadline": 5.0})
        with ThreadPoolExecutor(CONNECTIONS) as server:
            waiting = [
                server.submit(
                    provider.get_secret,
                    request(f"s{task}", vault_path=f"x{task}", vault_connection="hung"),
                )
                for task in range(32)
            ]
            others = [
                server.submit(provider.get_secret, request(f"other{task}", **LASTS))
                for task in range(32)
            ]
            assert {one.result().value.reveal() for one in others} == {VALUE}
            assert not any(one.done() for one in waiting)
            front.released.set()
            assert all(one.exception() for one in waiting)


def test_credentials_that_were_replaced_are_used_from_then_on(
    bao: OpenBao, open_provider: Open, log: Lines
) -> None:
    bao.policy("reads-shop", 'path "secret/data/shop/*" { capabilities = ["read"] }')
    credentials = Credentials(bao, bao.token(["reads-shop"]))
    provider = open_provider(credentials=credentials)
    assert value(provider, **LASTS) == VALUE
    bao.client().auth.token.revoke(credentials.token)
    credentials.token = bao.token(["reads-shop"])
    bao.put("shop/fresh", value="fresh")
    assert value(provider, vault_path="shop/fresh") == b"fresh"
    assert len(log.about("logged in to Vault")) == 2
    assert CANARY not in "".join(log)
    assert credentials.token not in "".join(log)


def test_a_vault_that_has_moved_is_found(bao: OpenBao, open_provider: Open) -> None:
    credentials = Credentials(bao, bao.root_token)
    with Front(forward(bao.url, bao.ca_cert)).running() as front:
        credentials.url = front.url
        provider = open_provider(credentials=credentials)
        assert value(provider, **LASTS) == VALUE
    credentials.url = bao.url
    assert value(provider, vault_path="shop/cached", vault_version="1") == VALUE


def test_a_token_is_renewed_while_the_plugin_runs(bao: OpenBao, open_provider: Open) -> None:
    credentials = Credentials(bao, bao.token(["root"], ttl="4s", period="4s"))
    provider = open_provider(credentials=credentials)
    value(provider, **LASTS)
    wait_for(
        "the token to be renewed",
        lambda: bao.audit_requests("auth/token/renew-self"),
        timeout=10,
    )


def test_a_refused_login_is_not_tried_for_each_task(
    bao: OpenBao, open_provider: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vaults, "REFUSED_SECONDS", 3600.0)
    role_id, secret_id = bao.approle("refused", ["default"])
    given = {
        "vault_url": bao.url,
        "vault_ca_cert": str(bao.ca_cert),
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": "wrong",
    }
    provider = open_provider(
        credentials=SimpleNamespace(options=lambda: resolve(given, {}, Path("/nonexistent")))
    )
    bao.clear_audit()
    for task in range(10):
        with pytest.raises(SourceError, match="refused the login"):
            provider.get_secret(request(f"s{task}", vault_path=f"shop/{task}"))
    assert len(bao.audit_requests("auth/approle/login")) == 1
    # With other credentials it is, at once.
    given["vault_secret_id"] = secret_id
    with pytest.raises(SourceError, match="does not let this token"):
        provider.get_secret(request(**LASTS))


def test_missing_credentials_are_told_at_each_request(bao: OpenBao, open_provider: Open) -> None:
    credentials = Credentials(bao, "")
    provider = open_provider(credentials=credentials)
    with pytest.raises(InputError, match="shop_db"):
        provider.get_secret(request(**LASTS))
    credentials.token = bao.root_token
    assert value(provider, **LASTS) == VALUE
