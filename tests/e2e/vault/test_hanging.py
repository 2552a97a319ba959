# SPDX-License-Identifier: GPL-3.0-or-later
"""Something behind Vault that hangs concerns what is read there, and nothing else."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    VaultUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)

from tests.e2e.vault.front import Front, Reply, forward, hanging
from tests.e2e.vault.support import Calls
from tests.e2e.vault.test_token_life import is_lease

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

pytestmark = pytest.mark.case("V5")

HUNG = VaultSource("hanging/hung")
SECOND = VaultSource("hanging/hung-too")
MANY = [VaultSource(f"hanging/{number}") for number in range(12)]
FAST = {"vault_timeout": "700ms", "vault_retries": 3}


@pytest.fixture(scope="module", autouse=True)
def _secrets(bao: OpenBao) -> None:
    for source in (HUNG, SECOND, *MANY):
        bao.put(source.path, x="y")
    client = bao.client()
    client.sys.enable_secrets_engine("pki", path="hanging-pki")
    client.write_data("hanging-pki/root/generate/internal", data={"common_name": "hanging"})
    role = {"allow_any_name": True, "generate_lease": True, "key_type": "ec", "ttl": "1h"}
    client.write_data("hanging-pki/roles/app", data=role)


@pytest.mark.parametrize("max_parallel", [1, 4])
def test_paths_that_hang_stop_no_other(bao: OpenBao, open_reader: Open, max_parallel: int) -> None:
    sources = [HUNG, *MANY[:6], SECOND, *MANY[6:]]
    with Front(hanging("hung", forward(bao.url, bao.ca_cert))).running() as front:
        reader = open_reader(max_parallel=max_parallel, vault_url=front.url, **FAST)
        versions = reader.versions(sources)
        values = reader.values(dict.fromkeys(sources, SourceVersion(1)))
    for hung in (HUNG, SECOND):
        for error in (versions.pop(hung), values.pop(hung)):
            assert isinstance(error, SourceUnreachableError)
            assert not isinstance(error, VaultUnreachableError)
            assert "did not answer within 0.7 s (GET secret/" in error.message
            assert f"/{hung.path})." in error.message
            assert "Vault itself answers" in error.message
            assert "vault_timeout" in error.remedy
    assert [one for one in versions.values() if not isinstance(one, SourceVersion)] == []
    assert [one for one in values.values() if not isinstance(one, SourceValue)] == []


def test_a_lease_whose_revocation_hangs_stops_no_other(bao: OpenBao, open_reader: Open) -> None:
    client = bao.client()
    leases = [
        str(client.write_data("hanging-pki/issue/app", data={"common_name": "a"})["lease_id"])
        for _i in range(4)
    ]
    with Front(hanging(leases[0], forward(bao.url, bao.ca_cert))).running() as front:
        ended = open_reader(vault_url=front.url, **FAST).revoke(leases)
    assert isinstance(ended[leases[0]], SourceUnreachableError)
    assert [ended[one] for one in leases[1:]] == [None] * 3
    assert [is_lease(bao, one) for one in leases] == [True, False, False, False]


def test_a_vault_that_hangs_altogether_is_not_asked_for_path_after_path(
    bao: OpenBao, open_reader: Open
) -> None:
    calls = Calls()
    plain = forward(bao.url, bao.ca_cert)

    def hang_from_the_third(front: Front, *request: t.Any) -> Reply | None:
        if len(front.requests) > 2:
            front.released.wait()
            return None
        return plain(front, *request)

    with Front(hang_from_the_third).running() as front:
        results = open_reader(calls, 1, vault_url=front.url, **FAST).versions(MANY)
    assert [isinstance(one, SourceVersion) for one in results.values()] == [True] * 2 + [False] * 10
    assert all(isinstance(results[source], VaultUnreachableError) for source in MANY[2:])
    # The one that hung, and the question whether Vault is there at all.
    assert calls[2:] == ["GET secret/metadata/hanging/2", "GET sys/seal-status"]
