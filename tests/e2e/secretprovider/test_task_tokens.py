# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens made for tasks: what they may do, what the audit log tells, and what outlives what."""

from __future__ import annotations

import json
import typing as t

import hvac.exceptions
import pytest
from swarmvault_core._common.errors import InputError, SourceError

from tests.e2e.secretprovider.support import (
    CANARY,
    Credentials,
    Open,
    old,
    plugin_token,
    request,
    value,
)
from tests.e2e.vault.support import everything_shown, renewals_running

if t.TYPE_CHECKING:
    from swarmvault_secretprovider.provider import Provider

    from testbed import OpenBao

LEASED = {"vault_path": "pki/issue/leased", "vault_engine": "pki", "vault_format": "json",
          "vault_params": '{"common_name": "app"}'}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _stacks(bao: OpenBao) -> None:
    for stack in ("shop", "pay"):
        bao.put(f"{stack}/db", password=f"{CANARY}-{stack}")
        rules = f'path "secret/data/{stack}/*" {{ capabilities = ["read"] }}'
        rules += '\npath "pki/issue/leased" { capabilities = ["update"] }'
        bao.policy(f"{stack}_api", rules)
        bao.policy(f"stack-{stack}", rules)


@pytest.fixture
def own(bao: OpenBao) -> Credentials:
    """What the plugin logs in with: it may do nothing but make tokens."""
    return Credentials(bao, plugin_token(bao, "tasks", "shop_api", "pay_api", "stack-shop"))


@pytest.fixture
def strict(open_provider: Open, own: Credentials) -> Provider:
    """A plugin that reads with tokens made for tasks."""
    return open_provider(credentials=own, token_role="tasks", task_policies=("{service}",))


def refused(provider: Provider, **asked: t.Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        provider.get_secret(request(**asked))
    assert CANARY not in everything_shown(caught.value)
    return caught.value


def audited(bao: OpenBao, path: str) -> dict[str, t.Any]:
    return dict(bao.audit_requests(path)[-1]["auth"])


def alive(bao: OpenBao, token: str) -> bool:
    try:
        bao.client(token).auth.token.lookup_self()
    except hvac.exceptions.Forbidden:
        return False
    return True


def accessors(bao: OpenBao) -> set[str]:
    return set(bao.client().list("auth/token/accessors")["data"]["keys"])


def test_vault_decides_what_a_service_may_have(strict: Provider) -> None:
    mine = {"vault_path": "shop/db"}
    assert value(strict, **mine) == f"{CANARY}-shop".encode()
    error = refused(strict, vault_path="pay/db")
    assert "secret/pay/db" in error.message
    assert "policies shop_api" in error.message
    assert 'path "secret/data/pay/db"' in error.remedy
    assert value(strict, service="pay_api", vault_path="pay/db") == f"{CANARY}-pay".encode()


def test_the_old_family_reads_with_the_policy_of_the_service(
    bao: OpenBao, open_provider: Open, own: Credentials
) -> None:
    provider = open_provider(credentials=own, token_role="tasks")
    labels = old(path="secret/data/shop/db", field="password")
    assert value(provider, labels=labels) == f"{CANARY}-shop".encode()
    refused(provider, labels=labels, service="pay_api")
    assert audited(bao, "secret/data/shop/db")["policies"] == ["default", "pay_api"]
    # The plain labels are read with the plugin's own token, which may not.
    assert "policies" not in refused(provider, vault_path="shop/db").message


def test_the_audit_log_names_service_task_and_secret(bao: OpenBao, strict: Provider) -> None:
    asked = request(task="shop_api.2.abc", vault_path="shop/db")
    strict.get_secret(asked)
    auth = audited(bao, "secret/data/shop/db")
    assert auth["token_type"] == "batch"
    assert auth["display_name"] == "token-shop-api"
    assert auth["metadata"] == {
        "service": "shop_api", "stack": "shop", "task": "shop_api.2.abc", "secret": "shop_db",
    }  # fmt: skip


def test_reading_what_lasts_leaves_nothing_in_vault(bao: OpenBao, strict: Provider) -> None:
    value(strict, vault_path="shop/db")
    before = accessors(bao)
    for secret in ("a", "b", "c"):
        value(strict, secret=secret, vault_path="shop/db")
    assert accessors(bao) == before


def test_a_role_for_service_tokens_leaves_nothing_either(bao: OpenBao, open_provider: Open) -> None:
    token = plugin_token(bao, "stored", "shop_api", role={"token_type": "service"})
    provider = open_provider(
        credentials=Credentials(bao, token), token_role="stored", task_policies=("{service}",)
    )
    value(provider, vault_path="shop/db", secret="first")  # logs in
    before, looked_after = accessors(bao), renewals_running()
    assert value(provider, vault_path="shop/db") == f"{CANARY}-shop".encode()
    assert accessors(bao) == before
    assert renewals_running() == looked_after


def test_two_tasks_have_two_tokens_that_may_do_what_the_service_may(
    bao: OpenBao, strict: Provider
) -> None:
    answers = [strict.get_secret(request(vault_type="vault_token")) for _task in range(2)]
    assert [one.do_not_reuse for one in answers] == [True, True]
    tokens = [one.value.reveal().decode() for one in answers]
    assert len(set(tokens)) == 2
    for token in tokens:
        found = bao.client(token).auth.token.lookup_self()["data"]
        assert found["orphan"]
        assert found["policies"] == ["default", "shop_api"]
        assert found["meta"]["service"] == "shop_api"
        kv = bao.client(token).secrets.kv.v2
        assert kv.read_secret_version("shop/db", raise_on_deleted_version=True)
        with pytest.raises(hvac.exceptions.Forbidden):
            kv.read_secret_version("pay/db", raise_on_deleted_version=True)


def test_a_token_comes_in_the_format_that_is_asked_for(strict: Provider) -> None:
    as_json = json.loads(value(strict, vault_type="vault_token", vault_format="json"))
    assert as_json.startswith("s.")
    whole = json.loads(value(strict, labels=old(type="vault_token", format="meta+json")))
    assert whole["auth"]["client_token"].startswith("s.")
    assert "shop_api" in whole["auth"]["policies"]


def test_a_wrapped_token_is_unwrapped_once(bao: OpenBao, strict: Provider) -> None:
    answers = [
        strict.get_secret(request(labels=old(type="vault_token", wrap="true"))) for _i in range(2)
    ]
    for answer in answers:
        assert answer.do_not_reuse
        wrapping = bao.client(answer.value.reveal().decode())
        looked = wrapping.write_data("sys/wrapping/lookup", data={"token": wrapping.token})
        assert looked["data"]["creation_path"] == "auth/token/create/tasks"
        token = wrapping.sys.unwrap()["auth"]["client_token"]
        assert bao.client(token).auth.token.lookup_self()["data"]["orphan"]
        with pytest.raises(hvac.exceptions.VaultError):
            wrapping.sys.unwrap()


def test_what_tasks_have_outlives_the_plugins_own_token(
    bao: OpenBao, strict: Provider, own: Credentials
) -> None:
    token = value(strict, vault_type="vault_token").decode()
    wrapped = value(strict, vault_type="vault_token", vault_wrap="true").decode()
    certificate = json.loads(value(strict, labels=LEASED))["serial_number"]
    before = live_leases(bao)
    assert before
    bao.client().auth.token.revoke(own.token)
    assert not alive(bao, own.token)
    assert alive(bao, token)
    assert alive(bao, bao.client(wrapped).sys.unwrap()["auth"]["client_token"])
    assert live_leases(bao) == before
    assert bao.client().read(f"pki/cert/{certificate}")["data"]["revocation_time"] == 0


def live_leases(bao: OpenBao) -> set[str]:
    return set(bao.client().list("sys/leases/lookup/pki/issue/leased")["data"]["keys"])


def test_the_plugin_ends_and_tasks_keep_what_they_have(
    bao: OpenBao, strict: Provider, own: Credentials
) -> None:
    token = value(strict, vault_type="vault_token").decode()
    value(strict, labels=LEASED)
    before = live_leases(bao)
    strict.close()
    assert alive(bao, token)
    assert live_leases(bao) == before
    assert alive(bao, own.token)  # somebody else made it


def test_a_leased_credential_hangs_on_an_orphan_that_lives_as_long(
    bao: OpenBao, strict: Provider
) -> None:
    bao.client().write_data("pki/roles/leased-long", data={
        "allow_any_name": True, "key_type": "ec", "ttl": "30h", "generate_lease": True,
    })  # fmt: skip
    bao.policy("shop_api", 'path "pki/issue/leased-long" { capabilities = ["update"] }'
               '\npath "secret/data/shop/*" { capabilities = ["read"] }')  # fmt: skip
    before = accessors(bao)
    value(strict, labels={**LEASED, "vault_path": "pki/issue/leased-long"})
    (new,) = accessors(bao) - before
    found = bao.client().auth.token.lookup_accessor(new)["data"]
    assert found["orphan"]
    assert found["ttl"] > 29 * 3600
    assert found["meta"]["secret"] == "shop_db"


def test_a_role_whose_tokens_are_no_orphans_is_refused(bao: OpenBao, open_provider: Open) -> None:
    token = plugin_token(bao, "children", "shop_api", role={"orphan": False})
    provider = open_provider(
        credentials=Credentials(bao, token), token_role="children", task_policies=("{service}",)
    )
    before = accessors(bao)
    for labels in ({"vault_type": "vault_token"}, LEASED, old(type="vault_token", wrap="true")):
        error = refused(provider, labels=labels)
        assert "children" in error.message
        assert "orphan=true" in error.remedy
    assert accessors(bao) == before
    assert value(provider, vault_path="shop/db")  # which leaves nothing that could end


def test_without_a_role_tokens_are_made_as_orphans_where_that_is_allowed(
    bao: OpenBao, open_provider: Open
) -> None:
    provider = open_provider()
    token = value(provider, labels=old(type="vault_token")).decode()
    found = bao.client(token).auth.token.lookup_self()["data"]
    assert found["orphan"]
    assert found["policies"] == ["default", "shop_api"]
    assert found["creation_ttl"] == 3600


def test_errors_say_which_right_the_plugin_lacks(bao: OpenBao, open_provider: Open) -> None:
    bao.policy("nothing", 'path "none" { capabilities = ["deny"] }')
    nobody = Credentials(bao, bao.token(["nothing"]))
    token = {"vault_type": "vault_token"}
    error = refused(open_provider(credentials=nobody, token_role="tasks"), labels=token)
    assert "policies shop_api" in error.message
    assert 'path "auth/token/create/tasks" { capabilities = ["update"] }' in error.remedy
    error = refused(open_provider(credentials=nobody), labels=token)
    assert 'path "auth/token/create-orphan" { capabilities = ["update", "sudo"] }' in error.remedy
    assert "VAULT_TOKEN_ROLE" in error.remedy
    bao.policy("children", 'path "auth/token/create" { capabilities = ["update"] }')
    parent = Credentials(bao, bao.token(["children"]))
    error = refused(open_provider(credentials=parent), labels=old(path="secret/data/shop/db"))
    assert "subset of parent" in error.message
    assert "VAULT_TOKEN_ROLE" in error.remedy
    batch = Credentials(bao, bao.token(["plugin-tasks"], type="batch", ttl="10m"))
    error = refused(open_provider(credentials=batch, token_role="tasks"), labels=token)
    assert "service token" in error.remedy


def test_a_role_that_does_not_have_the_policy_is_told(strict: Provider, bao: OpenBao) -> None:
    error = refused(strict, service="other_api", vault_path="shop/db")
    assert "policies other_api" in error.message
    assert "auth/token/roles/tasks" in error.remedy
    bao.client().delete("auth/token/roles/tasks")
    assert "unknown role" in refused(strict, vault_path="shop/db").message


def test_the_paths_of_another_stack_are_refused_without_asking_vault(
    bao: OpenBao, open_provider: Open, own: Credentials
) -> None:
    provider = open_provider(allowed_paths=("secret/{stack}/*",))
    assert value(provider, vault_path="shop/db") == f"{CANARY}-shop".encode()
    bao.clear_audit()
    for stack, labels in (
        ("shop", {"vault_path": "pay/db"}),
        ("shop", {"vault_path": "secret/data/pay/db"}),
        ("shop", {"vault_path": "secret/data/pay/db", "vault_engine": "read"}),
        ("shop", {"vault_path": "data/pay/db", "vault_mount": "secret", "vault_engine": "kv1"}),
        ("shop", old(path="secret/data/pay/db")),
        ("shop", old(path="secret/metadata/pay/db")),
        ("shop", {"vault_path": "shop/%2e%2e/pay/db"}),
        ("data", {"vault_path": "secret/data/pay/db", "vault_engine": "read"}),
        ("data", {"vault_path": "db", "vault_mount": "secret/data/pay"}),
        ("*", {"vault_path": "pay/db"}),
        ("", {"vault_path": "pay/db"}),
        ("pay/..", {"vault_path": "pay/db"}),
    ):
        with pytest.raises(InputError):
            provider.get_secret(request(stack=stack, labels=labels))
    assert bao.audit_requests() == []
    del own
