# SPDX-License-Identifier: GPL-3.0-or-later
"""A login whose tokens are good for a few requests only works, or says what is too small."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import LoginError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)

from tests.e2e.vault.support import problem
from tests.e2e.vault.test_login import LOGIN, REVOKE, Tokens, is_alive
from tests.e2e.vault.test_renewal import renewals_running
from tests.e2e.vault.test_token_life import LOOK_UP, RENEW, is_lease

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

MANY = [VaultSource(f"uses/{number}") for number in range(12)]
CERTIFICATE = VaultSource(
    "few/issue/app", engine="pki", format="json", params='{"common_name": "a"}'
)
MOUNTS = "GET sys/internal/ui/mounts"
MINUTE = 60.0

_numbers = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def _engines(bao: OpenBao) -> None:
    for source in MANY:
        bao.put(source.path, x="y")
    client = bao.client()
    client.sys.enable_secrets_engine("pki", path="few")
    client.write_data("few/root/generate/internal", data={"common_name": "few", "key_type": "ec"})
    role = {"allow_any_name": True, "generate_lease": True, "key_type": "ec", "ttl": "1h"}
    client.write_data("few/roles/app", data=role)
    bao.policy(
        "few",
        """
        path "secret/+/uses/*" { capabilities = ["read"] }
        path "few/issue/app" { capabilities = ["update"] }
        """,
    )


def few(bao: OpenBao, uses: int, **role: t.Any) -> dict[str, str]:
    """Return the options to log in by a role whose tokens are good for so many requests."""
    name = f"few{next(_numbers)}"
    role_id, secret_id = bao.approle(name, ["few"], token_num_uses=uses, **role)
    return {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }


@pytest.mark.parametrize("uses", [1, 2, 3, 5])
def test_many_paths_are_read_and_no_token_is_left(
    bao: OpenBao, open_reader: Open, uses: int
) -> None:
    calls = Tokens()
    reader = open_reader(calls, **few(bao, uses))
    versions = reader.versions(MANY)
    assert all(isinstance(version, SourceVersion) for version in versions.values()), versions
    values = reader.values(t.cast("dict[VaultSource, SourceVersion]", versions))
    assert all(isinstance(value, SourceValue) for value in values.values()), values
    reader.close()
    reads = [call for call in calls if call.startswith("GET secret/")]
    assert len(reads) == 2 * len(MANY)  # none was in vain
    assert calls.count(LOGIN) == len(reads) // max(1, uses - 2)
    assert not any(is_alive(bao, token) for token in calls.tokens)


@pytest.mark.parametrize("uses", [2, 3, 4])
def test_a_lease_outlives_the_run_whatever_else_is_read(
    bao: OpenBao, open_reader: Open, uses: int
) -> None:
    calls = Tokens()
    reader = open_reader(calls, **few(bao, uses, token_ttl="10m"))
    reader.versions(MANY[:3])
    value = reader.values({CERTIFICATE: SourceVersion(None)})[CERTIFICATE]
    assert isinstance(value, SourceValue), value
    assert value.validity is not None
    assert value.validity.lease_id is not None
    reader.versions(MANY)
    reader.close()
    assert is_lease(bao, value.validity.lease_id)
    # The one that the lease hangs on; it could be renewed where that was not its last use.
    (alive,) = [token for token in calls.tokens if is_alive(bao, token)]
    assert value.validity.cut_short is (uses == 2)
    assert calls.count(RENEW) == (0 if uses == 2 else 1)
    ttl = bao.client().auth.token.lookup(alive)["data"]["ttl"]
    assert (ttl > 50 * MINUTE) is (uses > 2)
    assert value.validity.seconds <= ttl + 5


def test_side_by_side_each_lease_outlives_the_run(bao: OpenBao, open_reader: Open) -> None:
    sources = [
        VaultSource(
            "few/issue/app", engine="pki", format="json", params=f'{{"common_name": "{n}"}}'
        )
        for n in range(8)
    ]
    reader = open_reader(**few(bao, 3, token_ttl="10m"))
    values = reader.values(dict.fromkeys(sources, SourceVersion(None)))
    reader.close()
    for value in values.values():
        assert isinstance(value, SourceValue), value
        assert value.validity is not None
        assert not value.validity.cut_short
        assert is_lease(bao, str(value.validity.lease_id))


def test_with_one_use_no_lease_can_be_had_and_the_setting_is_named(
    bao: OpenBao, open_reader: Open
) -> None:
    error = problem(open_reader(**few(bao, 1)), CERTIFICATE)
    assert "gives nothing that has a lease to a token with one use left" in str(error)
    assert "Set token_num_uses of the role" in str(error)


def test_no_token_is_renewed_in_the_background_at_the_cost_of_its_uses(
    bao: OpenBao, open_reader: Open
) -> None:
    calls = Tokens()
    reader = open_reader(calls, **few(bao, 5, token_ttl="2s"))
    assert isinstance(reader.versions(MANY[:1])[MANY[0]], SourceVersion)
    assert not renewals_running()


@pytest.mark.parametrize("uses", [1, 3])
def test_where_no_other_login_is_possible_the_setting_is_named(
    bao: OpenBao, open_reader: Open, uses: int
) -> None:
    calls = Tokens()
    reader = open_reader(calls, max_parallel=1, **few(bao, uses, secret_id_num_uses=1))
    results = reader.versions(MANY)
    assert isinstance(results[MANY[0]], SourceVersion)
    error = results[MANY[-1]]
    assert isinstance(error, LoginError)
    assert f"Each login gives a token for {uses} requests only" in error.message
    assert "refused the login with vault_auth_method approle" in error.message
    assert "Set token_num_uses of the role to 0" in error.remedy
    assert calls.count(LOGIN) == 2


def test_a_missing_right_is_told_after_one_login(bao: OpenBao, open_reader: Open) -> None:
    calls = Tokens()
    reader = open_reader(calls, **few(bao, 1))
    results = reader.versions([VaultSource(f"elsewhere/{number}") for number in range(8)])
    for error in results.values():
        assert "does not let this token read the metadata" in str(error)
    asked = [one for one in calls if "elsewhere" in one or one == MOUNTS]
    assert calls.count(MOUNTS) == 1, "what is mounted is looked at once, for the message"
    assert calls.count(LOGIN) == len(asked)


@pytest.mark.parametrize("uses", [2, 3, 100])
def test_a_users_token_of_few_uses_is_not_trusted_with_a_lease(
    bao: OpenBao, open_reader: Open, uses: int
) -> None:
    calls = Tokens()
    reader = open_reader(calls, vault_token=bao.token(["few"], num_uses=uses))
    error = problem(reader, CERTIFICATE)
    assert isinstance(error, SourceError)
    assert "may be used a number of times only (num_uses)" in error.message
    assert "another vault_auth_method" in error.remedy
    assert calls.count(LOOK_UP) == 1
    assert len(reader.held_leases()) == 1  # to be revoked, where that can be
    assert REVOKE not in calls


def test_a_users_token_that_was_used_up_is_reported(bao: OpenBao, open_reader: Open) -> None:
    reader = open_reader(max_parallel=1, vault_token=bao.token(["few"], num_uses=2))
    results = reader.versions(MANY[:3])
    assert isinstance(results[MANY[1]], SourceVersion)
    error = results[MANY[2]]
    assert isinstance(error, LoginError)
    assert "used as often as it may be (num_uses)" in error.remedy
