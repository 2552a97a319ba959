# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret ID that comes wrapped: used once, and nobody can read or exchange it unnoticed."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import LoginError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.waiting import wait_for
from tests.e2e.vault.support import problem, version_of
from tests.e2e.vault.test_login import LOGIN, Tokens, is_alive

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

SOURCE = VaultSource("wrapped/app")
LOOK_UP = "POST sys/wrapping/lookup"
UNWRAP = "POST sys/wrapping/unwrap"


@pytest.fixture
def approle(bao: OpenBao) -> dict[str, t.Any]:
    """Options of a login whose secret ID is in the options as a wrapping token."""
    bao.put("wrapped/app", x="y")
    bao.policy("wrapped", 'path "secret/+/wrapped/*" { capabilities = ["read"] }')
    role_id, _secret_id = bao.approle("wrapped", ["wrapped"])
    return {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": wrapped(bao, "auth/approle/role/wrapped/secret-id"),
        "vault_secret_id_wrapped": True,
    }


def wrapped(bao: OpenBao, path: str, data: dict[str, str] | None = None, ttl: str = "10m") -> str:
    """Write to a path and return the token that the answer is wrapped in."""
    answer = bao.client().write_data(path, data=data or {}, wrap_ttl=ttl)
    return str(answer["wrap_info"]["token"])


def secret_id_in(bao: OpenBao, token: str) -> str:
    """Unwrap as a thief would."""
    return str(bao.client(token).sys.unwrap()["data"]["secret_id"])


def test_it_is_unwrapped_once_and_serves_later_logins(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    calls = Tokens()
    reader = open_reader(calls, **approle)
    assert version_of(reader, SOURCE).number
    assert calls[:3] == [LOOK_UP, UNWRAP, LOGIN]
    bao.client().auth.token.revoke(calls.tokens[0])
    assert version_of(reader, SOURCE).number
    assert calls.count(LOGIN) == 2
    assert calls.count(UNWRAP) == 1


def test_one_that_somebody_has_unwrapped_is_reported(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    stolen = secret_id_in(bao, approle["vault_secret_id"])
    calls = Tokens()
    error = problem(open_reader(calls, **approle), SOURCE)
    assert isinstance(error, LoginError)
    assert "has expired, was used before" in error.message
    assert "Somebody may have read the secret ID" in error.remedy
    assert approle["vault_secret_id"] not in str(error)
    assert stolen not in str(error)
    assert LOGIN not in calls


def test_one_that_expired_is_reported(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    token = wrapped(bao, "auth/approle/role/wrapped/secret-id", ttl="1s")

    wait_for("the wrapping token to expire", lambda: not is_alive(bao, token), timeout=30)
    error = problem(open_reader(**{**approle, "vault_secret_id": token}), SOURCE)
    assert isinstance(error, LoginError)
    assert "has expired, was used before" in error.message


def test_one_that_was_wrapped_anew_by_a_thief_is_noticed_and_not_used(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    stolen = secret_id_in(bao, approle["vault_secret_id"])
    exchanged = wrapped(bao, "sys/wrapping/wrap", {"secret_id": stolen})
    calls = Tokens()
    error = problem(open_reader(calls, **{**approle, "vault_secret_id": exchanged}), SOURCE)
    assert isinstance(error, LoginError)
    assert (
        "does not hold a secret ID of auth/approle: it was made by sys/wrapping/wrap"
        in error.message
    )
    assert "exchanged" in error.remedy
    assert stolen not in str(error)
    assert calls == [LOOK_UP]


@pytest.mark.case("V2")
@pytest.mark.parametrize("place", ["kv1", "cubbyhole", "team/apps/auth"])
def test_one_that_a_thief_wrapped_at_a_path_that_only_ends_alike_is_not_used(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any], place: str
) -> None:
    stolen = secret_id_in(bao, approle["vault_secret_id"])
    root = bao.client()
    if place == "team/apps/auth":
        root.sys.enable_secrets_engine("kv", path=place, options={"version": "1"})
    path = f"{place}/auth/approle/role/wrapped/secret-id"
    root.write_data(path, data={"secret_id": stolen})
    exchanged = str(root.read(path, wrap_ttl="10m")["wrap_info"]["token"])
    calls = Tokens()
    error = problem(open_reader(calls, **{**approle, "vault_secret_id": exchanged}), SOURCE)
    assert isinstance(error, LoginError)
    assert f"does not hold a secret ID of auth/approle: it was made by {path}." in error.message
    assert "exchanged" in error.remedy
    assert stolen not in str(error)
    assert calls == [LOOK_UP]


@pytest.mark.case("V2")
@pytest.mark.parametrize("namespace", [None, "thieves"])
def test_one_that_a_thief_pushed_to_a_role_of_his_own_is_not_used(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any], namespace: str | None
) -> None:
    """Whoever makes a custom secret ID chooses it: it can be one that was stolen."""
    stolen = secret_id_in(bao, approle["vault_secret_id"])
    own = bao.client()
    if namespace is not None:
        own.write_data(f"sys/namespaces/{namespace}", data={})
        own.adapter.namespace = namespace
        own.sys.enable_auth_method("approle")
    own.write_data("auth/approle/role/thief", data={"token_policies": ["default"]})
    path = "auth/approle/role/thief/custom-secret-id"
    made = own.write_data(path, data={"secret_id": stolen}, wrap_ttl="10m")
    exchanged = str(made["wrap_info"]["token"])
    calls = Tokens()
    error = problem(open_reader(calls, **{**approle, "vault_secret_id": exchanged}), SOURCE)
    assert isinstance(error, LoginError)
    assert f"it was made by {path}." in error.message
    assert stolen not in str(error)
    assert calls == [LOOK_UP]


@pytest.mark.case("V2")
def test_a_list_of_secret_ids_which_has_the_same_path_is_told_as_such(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    path = "auth/approle/role/wrapped/secret-id"
    listed = bao.client().adapter.request("LIST", f"v1/{path}", wrap_ttl="10m")
    exchanged = str(listed["wrap_info"]["token"])
    calls = Tokens()
    error = problem(open_reader(calls, **{**approle, "vault_secret_id": exchanged}), SOURCE)
    assert isinstance(error, LoginError)
    assert "does not hold a secret ID of auth/approle" in error.message
    assert LOGIN not in calls


def test_one_of_another_mount_is_not_used(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    bao.client().sys.enable_auth_method("approle", path="team/b/approle")
    bao.client().write_data("auth/team/b/approle/role/other", data={"token_policies": ["wrapped"]})
    other = wrapped(bao, "auth/team/b/approle/role/other/secret-id")
    calls = Tokens()
    error = problem(open_reader(calls, **{**approle, "vault_secret_id": other}), SOURCE)
    assert "made by auth/team/b/approle/role/other/secret-id" in str(error)
    assert "vault_auth_mount" in str(error)
    assert calls == [LOOK_UP]
    role_id = bao.client().read("auth/team/b/approle/role/other/role-id")["data"]["role_id"]
    matching = {
        **approle,
        "vault_auth_mount": "team/b/approle",
        "vault_role_id": role_id,
        "vault_secret_id": other,
    }
    assert version_of(open_reader(**matching), SOURCE).number


def test_one_that_was_never_wrapped_is_reported(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    _role_id, plain = bao.approle("wrapped", ["wrapped"])
    error = problem(open_reader(**{**approle, "vault_secret_id": plain}), SOURCE)
    assert isinstance(error, LoginError)
    assert "is not a wrapping token" in error.message
    assert plain not in str(error)


def test_it_works_in_a_namespace(bao: OpenBao, open_reader: Open) -> None:
    bao.client().write_data("sys/namespaces/wrapping", data={})
    inside = bao.client()
    inside.adapter.namespace = "wrapping"
    inside.sys.enable_auth_method("approle")
    inside.sys.create_or_update_policy("all", 'path "*" { capabilities = ["read"] }')
    inside.sys.enable_secrets_engine("kv", path="secret", options={"version": "1"})
    inside.secrets.kv.v1.create_or_update_secret("wrapped/app", secret={"x": "y"})
    inside.write_data("auth/approle/role/app", data={"token_policies": ["all"]})
    role_id = inside.read("auth/approle/role/app/role-id")["data"]["role_id"]
    answer = inside.write_data("auth/approle/role/app/secret-id", data={}, wrap_ttl="10m")
    options = {
        "vault_namespace": "wrapping",
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": answer["wrap_info"]["token"],
        "vault_secret_id_wrapped": True,
    }
    assert open_reader(**options)._client.read("secret/wrapped/app")["data"] == {"x": "y"}
