# SPDX-License-Identifier: GPL-3.0-or-later
"""What many ask for at once is read once, and what is one task's own is read for each."""

from __future__ import annotations

import typing as t
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from swarmvault_secretprovider import single_flight

from tests.e2e.secretprovider.support import Credentials, Open, plugin_token, request

if t.TYPE_CHECKING:
    from swarmvault_secretprovider.protocol import SecretRequest
    from swarmvault_secretprovider.provider import Provider

    from testbed import OpenBao

SECRETS = 50
TASKS = 300


def all_at_once(provider: Provider, asked: t.Sequence[SecretRequest]) -> list[bytes]:
    with ThreadPoolExecutor(16) as server:
        return [one.value.reveal() for one in server.map(provider.get_secret, asked)]


@pytest.fixture(autouse=True)
def _as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was read be fresh until all have asked, however loaded this machine is."""
    monkeypatch.setattr(single_flight, "FRESH_SECONDS", 60.0)


def reads(bao: OpenBao, path: str) -> Counter[str]:
    return Counter(one["request"]["path"] for one in bao.audit_requests(path))


def test_300_tasks_for_50_secrets_read_each_path_once(bao: OpenBao, open_provider: Open) -> None:
    for number in range(SECRETS):
        bao.put(f"many/{number}", value=f"value {number}", other="x")
    provider = open_provider()
    asked = [
        request(f"secret{task % SECRETS}", vault_path=f"many/{task % SECRETS}")
        for task in range(TASKS)
    ]
    bao.clear_audit()
    values = all_at_once(provider, asked)
    assert values == [f"value {task % SECRETS}".encode() for task in range(TASKS)]
    found = reads(bao, "secret/data/many/")
    assert len(found) == SECRETS
    assert set(found.values()) == {1}


def test_with_task_tokens_services_and_secrets_do_not_share(
    bao: OpenBao, open_provider: Open
) -> None:
    bao.put("shared/db", value="x", other="y")
    services = [f"service{number}" for number in range(5)]
    for service in services:
        bao.policy(service, 'path "secret/data/shared/*" { capabilities = ["read"] }')
    own = Credentials(bao, plugin_token(bao, "sharing", *services))
    provider = open_provider(credentials=own, token_role="sharing", task_policies=("{service}",))
    asked = [
        request(f"secret{task % 2}", service=services[task % 5], vault_path="shared/db")
        for task in range(100)
    ]
    bao.clear_audit()
    assert all_at_once(provider, asked) == [b"x"] * 100
    told = Counter(
        (one["auth"]["metadata"]["service"], one["auth"]["metadata"]["secret"])
        for one in bao.audit_requests("secret/data/shared/")
    )
    assert len(told) == 10
    assert set(told.values()) == {1}


def test_certificates_are_never_shared(open_provider: Open) -> None:
    provider = open_provider()
    labels = {"vault_path": "pki/issue/leased", "vault_engine": "pki", "vault_params":
              '{"common_name": "a"}', "vault_field": "serial_number"}  # fmt: skip
    values = all_at_once(provider, [request(labels=labels) for _task in range(12)])
    assert len(set(values)) == 12


def test_wrapped_values_share_the_read_and_nothing_else(bao: OpenBao, open_provider: Open) -> None:
    bao.put("wrapped", value="x")
    provider = open_provider()
    bao.clear_audit()
    asked = [request(vault_path="wrapped", vault_wrap="true") for _task in range(12)]
    tokens = all_at_once(provider, asked)
    assert len(set(tokens)) == 12
    assert reads(bao, "secret/data/wrapped") == {"secret/data/wrapped": 1}


def test_many_reads_of_a_slow_kind_all_end(bao: OpenBao, open_provider: Open) -> None:
    """More than the places that there are: nobody is turned away while things move."""
    for number in range(40):
        bao.put(f"lots/{number}", value="x")
    provider = open_provider(plugin={"max_parallel": 1})
    asked = [request(f"s{number}", vault_path=f"lots/{number}") for number in range(40)]
    assert all_at_once(provider, asked) == [b"x"] * 40
