# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens and logins: as few as possible, renewed once where that helps, given back at the end."""

from __future__ import annotations

import typing as t

import hvac.exceptions
import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.auth.session import Session
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    LoginError,
    VaultUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceVersion,
    VaultSource,
)

from tests.e2e.vault.support import CANARY, Calls, options_for, problem, version_of

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

LOGIN = "POST auth/approle/login"
# At what is mounted: a path may be written wrongly rather than a right be missing.
LOOK = "GET sys/internal/ui/mounts"
REVOKE = "POST auth/token/revoke-self"
READ = "GET secret/metadata/login/app"
SOURCE = VaultSource("login/app")


@pytest.fixture
def approle(bao: OpenBao) -> dict[str, str]:
    """Options of a role that may read what stands below login/."""
    bao.put("login/app", x="y")
    bao.policy("login", 'path "secret/+/login/*" { capabilities = ["read"] }')
    role_id, secret_id = bao.approle("login", ["login"])
    return {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }


class Tokens(Calls):
    """Also keeps the tokens that logins gave."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[str] = []

    def __call__(self, request: t.Any, send: t.Any) -> t.Any:
        answer = super().__call__(request, send)
        if request.path.endswith("/login") and answer.body.get("auth"):
            self.tokens.append(answer.body["auth"]["client_token"])
        return answer


def is_alive(bao: OpenBao, token: str) -> bool:
    try:
        bao.client().auth.token.lookup(token)
    except hvac.exceptions.VaultError:
        return False
    return True


def test_there_is_no_login_before_it_is_needed(bao: OpenBao, approle: dict[str, str]) -> None:
    calls = Calls()
    with connect(options_for(bao, **approle), hook=calls) as reader:
        reader.versions([])
        reader.versions([VaultSource("a", engine="read")])
        assert calls == []
    assert calls == []


def test_one_login_serves_all_and_its_token_is_revoked(
    bao: OpenBao, approle: dict[str, str]
) -> None:
    for number in range(20):
        bao.put(f"login/many/{number}", x="y")
    calls = Tokens()
    with connect(options_for(bao, **approle), hook=calls) as reader:
        sources = [VaultSource(f"login/many/{number}") for number in range(20)]
        assert all(isinstance(v, SourceVersion) for v in reader.versions(sources).values())
        assert calls.count(LOGIN) == 1
        assert is_alive(bao, calls.tokens[0])
    assert calls[0] == LOGIN
    assert calls[-1] == REVOKE
    assert len(calls) == 22
    assert not is_alive(bao, calls.tokens[0])


def test_a_token_is_revoked_when_the_run_fails(bao: OpenBao, approle: dict[str, str]) -> None:
    calls = Tokens()
    with (  # noqa: PT012  # the error is meant to leave the block
        pytest.raises(ZeroDivisionError),
        connect(options_for(bao, **approle), hook=calls) as reader,
    ):
        version_of(reader, SOURCE)
        raise ZeroDivisionError
    assert not is_alive(bao, calls.tokens[0])


def test_a_token_of_the_user_is_never_revoked(bao: OpenBao) -> None:
    bao.put("login/app", x="y")
    token, calls = bao.token(["root"]), Calls()
    with connect(options_for(bao, vault_token=token), hook=calls) as reader:
        version_of(reader, SOURCE)
    assert calls == [READ]
    assert is_alive(bao, token)


def test_a_batch_token_cannot_be_revoked_and_is_not(bao: OpenBao, approle: dict[str, str]) -> None:
    role_id, secret_id = bao.approle("batch", ["login"], token_type="batch")
    approle |= {"vault_role_id": role_id, "vault_secret_id": secret_id}
    calls = Calls()
    with connect(options_for(bao, **approle), hook=calls) as reader:
        version_of(reader, SOURCE)
    assert calls == [LOGIN, READ]


def test_a_login_token_that_ended_is_replaced_once(
    bao: OpenBao, open_reader: Open, approle: dict[str, str]
) -> None:
    calls = Tokens()
    reader = open_reader(calls, **approle)
    version_of(reader, SOURCE)
    bao.client().auth.token.revoke(calls.tokens[0])
    calls.clear()
    assert version_of(reader, SOURCE).number
    assert [call for call in calls if call != REVOKE] == [READ, LOGIN, READ]


def test_many_threads_that_find_it_ended_log_in_once(
    bao: OpenBao, open_reader: Open, approle: dict[str, str]
) -> None:
    sources = [VaultSource(f"login/threads/{number}") for number in range(30)]
    for source in sources:
        bao.put(source.path, x="y")
    calls = Tokens()

    def end_it_after_the_first(request: t.Any, send: t.Any) -> t.Any:
        answer = calls(request, send)
        if calls == [LOGIN, "GET secret/metadata/login/threads/0"]:
            bao.client().auth.token.revoke(calls.tokens[0])
        return answer

    reader = open_reader(end_it_after_the_first, **approle)
    assert all(isinstance(v, SourceVersion) for v in reader.versions(sources).values())
    assert calls.count(LOGIN) == 2


def test_a_token_of_the_user_that_ended_is_reported_once(bao: OpenBao, open_reader: Open) -> None:
    bao.put("login/app", x="y")
    token, calls = bao.token(["root"]), Calls()
    bao.client().auth.token.revoke(token)
    sources = [SOURCE, VaultSource("login/b"), VaultSource("login/c")]
    errors = list(open_reader(calls, vault_token=token).versions(sources).values())
    assert len(calls) == 1
    for error in errors:
        assert isinstance(error, LoginError)
        assert "does not accept the token" in error.message
        assert "vault_token" in error.remedy
        assert token not in str(error)


def test_a_missing_right_is_no_reason_to_log_in_again(
    open_reader: Open, approle: dict[str, str]
) -> None:
    calls = Calls()
    error = problem(open_reader(calls, **approle), VaultSource("elsewhere"))
    assert "does not let this token read the metadata" in str(error)
    assert calls == [LOGIN, "GET secret/metadata/elsewhere", LOOK]


def test_with_an_older_token_it_may_be_one(
    bao: OpenBao, approle: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "login_again_after", -1.0)
    calls = Tokens()
    with connect(options_for(bao, **approle), hook=calls) as reader:
        error = problem(reader, VaultSource("elsewhere"))
    read = "GET secret/metadata/elsewhere"
    # The first token may just have created a lease for another thread: it stays until the end.
    assert calls == [LOGIN, read, LOGIN, read, LOOK, REVOKE, REVOKE]
    assert [is_alive(bao, token) for token in calls.tokens] == [False, False]
    assert "does not let this token read the metadata" in str(error)


@pytest.mark.case("V9")
def test_a_missing_right_is_told_where_no_other_login_is_possible(
    bao: OpenBao, approle: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "login_again_after", -1.0)
    role_id, secret_id = bao.approle("single", ["login"], secret_id_num_uses=1)
    approle |= {"vault_role_id": role_id, "vault_secret_id": secret_id}
    calls = Calls()
    with connect(options_for(bao, **approle), hook=calls) as reader:
        errors = reader.versions([VaultSource("elsewhere"), VaultSource("elsewhere/too"), SOURCE])
    # Refused logins are not repeated either: they could lock an account.
    assert calls.count(LOGIN) == 2
    for name in ("elsewhere", "elsewhere/too"):
        error = errors[VaultSource(name)]
        assert f"does not let this token read the metadata of secret/{name}" in str(error)
    assert isinstance(errors[SOURCE], SourceVersion)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"vault_secret_id": CANARY}, "invalid role or secret ID"),
        ({"vault_role_id": CANARY}, "invalid role or secret ID"),
        ({"vault_secret_id": None}, "missing secret_id"),
        ({"vault_auth_mount": "elsewhere"}, "at auth/elsewhere (403: permission denied)"),
    ],
)
def test_a_refused_login_names_method_and_mount_and_is_tried_once(
    open_reader: Open, approle: dict[str, str], changed: dict[str, str | None], said: str
) -> None:
    calls = Calls()
    reader = open_reader(calls, **{**approle, **changed})
    errors = list(reader.versions([SOURCE, VaultSource("b"), VaultSource("c")]).values())
    assert len(calls) == 1
    for error in errors:
        assert isinstance(error, LoginError)
        assert "refused the login with vault_auth_method approle at auth/" in error.message
        assert said in error.message
    assert isinstance(problem(reader, SOURCE), LoginError)


def test_an_approle_may_do_without_a_secret_id(
    bao: OpenBao, open_reader: Open, approle: dict[str, str]
) -> None:
    bao.client().auth.approle.create_or_update_approle(
        "open", token_policies=["login"], bind_secret_id=False, token_bound_cidrs=["127.0.0.0/8"]
    )
    role_id = bao.client().auth.approle.read_role_id("open")["data"]["role_id"]
    reader = open_reader(**{**approle, "vault_role_id": role_id, "vault_secret_id": None})
    assert version_of(reader, SOURCE).number


def test_a_revocation_that_fails_spoils_nothing(bao: OpenBao, approle: dict[str, str]) -> None:
    def lose_it(request: t.Any, send: t.Any) -> t.Any:
        if str(request) == REVOKE:
            raise VaultUnreachableError("gone")
        return send()

    with connect(options_for(bao, **approle), hook=lose_it) as reader:
        assert version_of(reader, SOURCE).number
