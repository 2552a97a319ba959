# SPDX-License-Identifier: GPL-3.0-or-later
"""Outages in the middle of a read of many paths: what passes in time loses none of them."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    VaultUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    VaultSource,
)

from tests.e2e.vault.front import Front, Reply, forward
from tests.e2e.vault.support import Calls, problem

if t.TYPE_CHECKING:
    import collections.abc as c

    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.reader import (
        VaultReader,
    )

    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

MANY = [VaultSource(f"outages/{number}") for number in range(40)]
# A server takes its time to come back on a busy machine.
PATIENT = {"vault_retries": 12, "vault_timeout": 120}


@pytest.fixture(scope="module", autouse=True)
def _secrets(bao: OpenBao) -> None:
    for source in MANY:
        bao.put(source.path, x=source.path)
    bao.policy("outages", 'path "secret/*" { capabilities = ["read"] }')


@pytest.fixture
def login(bao: OpenBao) -> dict[str, str]:
    role_id, secret_id = bao.approle("outages", ["outages"])
    return {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }


def read_all(reader: VaultReader) -> None:
    """Read every path, and make sure that each gave its own value."""
    versions = reader.versions(MANY)
    assert [one for one in versions.values() if isinstance(one, Exception)] == []
    values = reader.values(versions)
    for source in MANY:
        value = values[source]
        assert isinstance(value, SourceValue), value
        assert value.value.reveal() == source.path.encode()


class InTheMiddle(Calls):
    """A hook that lets something happen once, before the tenth request."""

    def __init__(self, happen: c.Callable[[], None]) -> None:
        super().__init__()
        self._happen = happen
        self._lock = threading.Lock()

    def __call__(self, request: t.Any, send: t.Any) -> t.Any:
        with self._lock:
            self.append(str(request))
            now = len(self) == 10
        if now:
            self._happen()
        return send()


def test_a_restart(bao: OpenBao, open_reader: Open, login: dict[str, str]) -> None:
    back = threading.Thread(target=bao.start)

    def stop() -> None:
        bao.stop()
        back.start()

    reader = open_reader(InTheMiddle(stop), **login, **PATIENT)
    try:
        read_all(reader)
    finally:
        back.join()


def test_a_seal_that_is_undone(bao: OpenBao, open_reader: Open, login: dict[str, str]) -> None:
    undone = threading.Thread(target=bao.unseal)

    def seal() -> None:
        bao.seal()
        undone.start()

    reader = open_reader(InTheMiddle(seal), **login, **PATIENT)
    try:
        read_all(reader)
    finally:
        undone.join()


def test_a_limit_of_requests(bao: OpenBao, open_reader: Open, login: dict[str, str]) -> None:
    root = bao.client()
    root.write_data("sys/quotas/config", data={"enable_rate_limit_response_headers": True})
    limit = {"rate": 20, "interval": "2s", "path": "secret/"}
    root.write_data("sys/quotas/rate-limit/outages", data=limit)
    bao.clear_audit()
    try:
        with Front(forward(bao.url, bao.ca_cert)).running() as front:
            read_all(open_reader(vault_url=front.url, **login, **PATIENT))
            assert len(front.requests) > 1 + 2 * len(MANY)
    finally:
        root.delete("sys/quotas/rate-limit/outages")


def test_a_proxy_that_cuts_connections(
    bao: OpenBao, open_reader: Open, login: dict[str, str]
) -> None:
    plain = forward(bao.url, bao.ca_cert)
    cut = []

    def cut_every_third(front: Front, *request: t.Any) -> Reply | None:
        if len(front.requests) % 3 == 0:
            cut.append(request)
            return None
        return plain(front, *request)

    with Front(cut_every_third).running() as front:
        read_all(open_reader(vault_url=front.url, **login, **PATIENT))
    assert len(cut) > len(MANY) / 3


def test_a_proxy_that_cuts_answers_short(
    bao: OpenBao, open_reader: Open, login: dict[str, str]
) -> None:
    plain = forward(bao.url, bao.ca_cert)

    def half(front: Front, *request: t.Any) -> Reply | None:
        reply = plain(front, *request)
        if reply is None or len(front.requests) % 3:
            return reply
        return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers, cut=True)

    with Front(half).running() as front:
        read_all(open_reader(vault_url=front.url, **login, **PATIENT))


def test_a_proxy_that_cuts_every_answer_short(bao: OpenBao, open_reader: Open) -> None:
    plain = forward(bao.url, bao.ca_cert)

    def half(front: Front, *request: t.Any) -> Reply:
        reply = plain(front, *request)
        assert reply is not None
        return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers, cut=True)

    with Front(half).running() as front:
        error = problem(open_reader(vault_url=front.url, vault_retries=2), MANY[0])
        assert len(front.requests) == 3
    assert isinstance(error, VaultUnreachableError)
    assert "the connection broke off" in error.message
