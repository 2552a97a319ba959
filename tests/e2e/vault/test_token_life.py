# SPDX-License-Identifier: GPL-3.0-or-later
"""A token lives as long as the leases that hang on it, and is given back where there are none."""

from __future__ import annotations

import contextlib
import itertools
import typing as t
from datetime import UTC, datetime, timedelta

import hvac.exceptions
import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.auth.session import Session
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.engines.generic import (
    held_lease,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import resolve

from testbed.waiting import wait_for
from tests.e2e.vault.support import Calls, options_for

if t.TYPE_CHECKING:
    from pathlib import Path

    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.client import (
        VaultClient,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import (
        VaultOptions,
    )

    from testbed import OpenBao

LOGIN = "POST auth/approle/login"
RENEW = "POST auth/token/renew-self"
REVOKE = "POST auth/token/revoke-self"
LOOK_UP = "GET auth/token/lookup-self"
ISSUE = "POST leased/issue/app"
HOUR = 3600.0
MINUTE = 60.0

OpenClient = t.Callable[..., "VaultClient"]


@pytest.fixture(scope="module", autouse=True)
def _engine(bao: OpenBao) -> None:
    """Certificates that are leases, as what a database or message queue gives."""
    client = bao.client()
    client.sys.enable_secrets_engine("pki", path="leased")
    client.write_data(
        "leased/root/generate/internal", data={"common_name": "leased", "key_type": "ec"}
    )
    role = {"allow_any_name": True, "generate_lease": True, "key_type": "ec", "ttl": "1h"}
    client.write_data("leased/roles/app", data=role)
    client.write_data("leased/roles/long", data={**role, "ttl": "500h", "max_ttl": "500h"})
    bao.policy("leased", 'path "leased/issue/*" { capabilities = ["update"] }')


@pytest.fixture
def open_client(bao: OpenBao) -> t.Iterator[OpenClient]:
    """Open clients that are closed after the test."""
    with contextlib.ExitStack() as stack:

        def open_one(calls: Calls | None = None, **options: t.Any) -> VaultClient:
            reader = stack.enter_context(connect(options_for(bao, **options), hook=calls))
            return reader._client

        yield open_one


def approle(bao: OpenBao, **role: t.Any) -> dict[str, str]:
    """Return the options to log in by a new role, which may do what makes a lease."""
    role_id, secret_id = bao.approle(f"life{next(_numbers)}", ["leased"], **role)
    return {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }


_numbers = itertools.count()


def new_lease(client: VaultClient) -> str:
    """Let Vault make something that has a lease; return its ID."""
    return str(client.write_data("leased/issue/app", data={"common_name": "app"})["lease_id"])


def is_lease(bao: OpenBao, lease_id: str) -> bool:
    """Whether Vault still knows the lease."""
    try:
        bao.client().sys.read_lease(lease_id)
    except hvac.exceptions.VaultError:
        return False
    return True


def wait_until_ended(bao: OpenBao, lease_id: str) -> None:
    """Wait while Vault ends what hung on a token that was given back."""
    wait_for(f"the lease {lease_id} to end", lambda: not is_lease(bao, lease_id), timeout=30)


def test_a_lease_ends_with_the_token_unless_it_is_held(
    bao: OpenBao, open_client: OpenClient
) -> None:
    calls = Calls()
    keeping, loose = open_client(calls, **approle(bao)), open_client(**approle(bao))
    held, lost = new_lease(keeping), new_lease(loose)
    assert keeping.hold_lease(held, HOUR) == HOUR
    keeping.close()
    loose.close()
    wait_until_ended(bao, lost)
    assert is_lease(bao, held)
    assert calls == [LOGIN, ISSUE]


def test_a_lease_that_was_dropped_holds_the_token_no_longer(
    bao: OpenBao, open_client: OpenClient
) -> None:
    client = open_client(**approle(bao))
    one, two = new_lease(client), new_lease(client)
    client.hold_lease(one, HOUR)
    client.hold_lease(two, HOUR)
    client.drop_lease(one)
    client.drop_lease(two)
    client.drop_lease("never/heard/of")
    client.close()
    wait_until_ended(bao, one)
    wait_until_ended(bao, two)


def test_one_lease_that_is_held_is_enough(bao: OpenBao, open_client: OpenClient) -> None:
    calls = Calls()
    client = open_client(calls, **approle(bao))
    one, two = new_lease(client), new_lease(client)
    client.hold_lease(one, HOUR)
    client.hold_lease(two, HOUR)
    client.drop_lease(one)
    client.close()
    assert REVOKE not in calls
    assert is_lease(bao, two)


def test_a_token_is_renewed_once_for_leases_that_need_it_longer(
    bao: OpenBao, open_client: OpenClient
) -> None:
    calls = Calls()
    client = open_client(calls, **approle(bao, token_ttl="5m"))
    for _i in range(3):
        assert client.hold_lease(new_lease(client), HOUR) == HOUR
    assert calls == [LOGIN, ISSUE, RENEW, ISSUE, ISSUE]
    token = client.lookup_token()["data"]
    assert token["ttl"] > HOUR


def test_a_lease_lives_no_longer_than_its_token_may(bao: OpenBao, open_client: OpenClient) -> None:
    calls = Calls()
    client = open_client(calls, **approle(bao, token_ttl="5m", token_max_ttl="10m"))
    for _i in range(3):
        assert 9 * MINUTE < client.hold_lease(new_lease(client), HOUR) <= 10 * MINUTE
    assert calls.count(RENEW) == 1


def test_a_periodic_token_is_told_as_what_it_is(bao: OpenBao, open_client: OpenClient) -> None:
    client = open_client(**approle(bao, token_period="20m"))
    assert 19 * MINUTE < client.hold_lease(new_lease(client), HOUR) <= 20 * MINUTE


def test_a_batch_token_cannot_be_renewed(bao: OpenBao, open_client: OpenClient) -> None:
    calls = Calls()
    client = open_client(calls, **approle(bao, token_type="batch", token_ttl="10m"))
    lease = new_lease(client)
    assert 9 * MINUTE < client.hold_lease(lease, HOUR) <= 10 * MINUTE
    client.close()
    assert calls == [LOGIN, ISSUE]
    assert is_lease(bao, lease)


def test_the_life_of_a_users_token_is_asked_for_once(bao: OpenBao, open_client: OpenClient) -> None:
    calls = Calls()
    token = bao.token(["leased"], ttl="10m", renewable=False)
    client = open_client(calls, vault_token=token)
    for _i in range(2):
        assert 9 * MINUTE < client.hold_lease(new_lease(client), HOUR) <= 10 * MINUTE
    assert calls == [ISSUE, LOOK_UP, ISSUE]


def held_by_somebody(bao: OpenBao, token: str, place: str, home: Path) -> VaultOptions:
    """Return options with a token that was not got by a login, from one of the places for it."""
    options = {"vault_url": bao.url, "vault_ca_cert": str(bao.ca_cert)}
    if place == "option":
        return resolve({**options, "vault_token": token}, {}, home)
    if place == "file":
        (home / ".vault-token").write_text(token)
        return resolve(options, {}, home)
    return resolve(options, {place: token}, home)


@pytest.mark.case("V3")
@pytest.mark.parametrize(
    "place", ["option", "file", "ANSIBLE_HASHI_VAULT_TOKEN", "BAO_TOKEN", "VAULT_TOKEN"]
)
@pytest.mark.parametrize("kind", ["plain", "periodic"])
def test_a_token_of_somebodys_ends_when_he_meant_it_to_and_the_lease_with_it(
    bao: OpenBao, tmp_path: Path, place: str, kind: str
) -> None:
    life = {"period": "15m"} if kind == "periodic" else {"ttl": "15m"}
    token = bao.token(["leased"], **life)
    ends = expiry(bao, token)
    calls = Calls()
    options = held_by_somebody(bao, token, place, tmp_path)
    before = datetime.now(UTC)
    with connect(options, hook=calls) as reader:
        client = reader._client
        answer = client.write_data("leased/issue/long", data={"common_name": "app"})
        assert answer["lease_duration"] > 499 * HOUR
        term = held_lease(client, answer)
    assert expiry(bao, token) == ends
    assert RENEW not in calls
    assert REVOKE not in calls
    assert term is not None
    assert term.cut_short
    assert before + timedelta(minutes=14) < term.expires <= before + timedelta(minutes=16)


def expiry(bao: OpenBao, token: str) -> str:
    """Return when Vault ends a token."""
    return str(bao.client().auth.token.lookup(token)["data"]["expire_time"])


def test_a_root_token_bounds_nothing(open_client: OpenClient) -> None:
    calls = Calls()
    client = open_client(calls)
    for _i in range(2):
        assert client.hold_lease(new_lease(client), HOUR) == HOUR
    assert calls == [ISSUE, LOOK_UP, ISSUE]


def test_a_token_that_may_not_look_at_itself_is_taken_to_last(
    bao: OpenBao, open_client: OpenClient
) -> None:
    calls = Calls()
    token = bao.token(["leased"], ttl="10m", no_default_policy=True)
    client = open_client(calls, vault_token=token)
    for _i in range(2):
        assert client.hold_lease(new_lease(client), HOUR) == HOUR
    assert calls == [ISSUE, LOOK_UP, ISSUE]


def test_a_token_that_may_not_be_renewed_is_taken_as_it_is(
    bao: OpenBao, open_client: OpenClient
) -> None:
    calls = Calls()
    role = approle(bao, token_ttl="10m", token_no_default_policy=True)
    client = open_client(calls, **role)
    for _i in range(2):
        assert 9 * MINUTE < client.hold_lease(new_lease(client), HOUR) <= 10 * MINUTE
    assert calls == [LOGIN, ISSUE, RENEW, ISSUE]


def test_without_a_token_there_is_nothing_to_look_after(open_client: OpenClient) -> None:
    calls = Calls()
    client = open_client(calls, vault_auth_method="none")
    assert client.hold_lease("database/creds/app/x", HOUR) == HOUR
    assert calls == []


def test_a_vault_that_is_away_costs_no_lease(bao: OpenBao, open_client: OpenClient) -> None:
    client = open_client(vault_token=bao.token(["leased"], ttl="10m"), vault_retries=0)
    lease = new_lease(client)
    bao.seal()
    try:
        assert client.hold_lease(lease, HOUR) == HOUR
    finally:
        bao.unseal()
    # What could not be learnt then is asked for again.
    assert 9 * MINUTE < client.hold_lease(lease, HOUR) <= 10 * MINUTE


def test_a_new_login_spares_the_token_before_and_its_leases(
    bao: OpenBao, open_client: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "login_again_after", -1.0)
    calls = Calls()
    client = open_client(calls, **approle(bao))
    lease = new_lease(client)
    with contextlib.suppress(Exception):
        client.read("secret/data/forbidden")
    assert calls.count(LOGIN) == 2
    assert is_lease(bao, lease)
    client.hold_lease(lease, HOUR)
    client.close()
    assert is_lease(bao, lease)
    # The second one, on which nothing hangs.
    assert calls.count(REVOKE) == 1
