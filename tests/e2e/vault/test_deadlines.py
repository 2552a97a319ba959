# SPDX-License-Identifier: GPL-3.0-or-later
"""One request has one time limit, however slowly an answer comes and wherever the name leads."""

from __future__ import annotations

import contextlib
import socket
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)

from tests.e2e.vault.front import Front, Reply, forward
from tests.e2e.vault.support import problem, version_of

if t.TYPE_CHECKING:
    import collections.abc as c

    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

pytestmark = pytest.mark.case("V6")

SOURCE = VaultSource("deadlines/app")
CERTIFICATE = VaultSource(
    "deadlines-pki/issue/app", "certificate", engine="pki", params='{"common_name": "a"}'
)
ISSUE = "POST /v1/deadlines-pki/issue/app"


@pytest.fixture(scope="module", autouse=True)
def _engines(bao: OpenBao) -> None:
    bao.put("deadlines/app", x="y")
    client = bao.client()
    client.sys.enable_secrets_engine("pki", path="deadlines-pki")
    client.write_data("deadlines-pki/root/generate/internal", data={"common_name": "deadlines"})
    role = {"allow_any_name": True, "generate_lease": True, "key_type": "ec", "ttl": "1h"}
    client.write_data("deadlines-pki/roles/app", data=role)


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_that_drips_is_given_up_in_time(
    bao: OpenBao, open_reader: Open, status: int
) -> None:
    """Each byte comes long before the limit, but all of them together long after it."""
    plain = forward(bao.url, bao.ca_cert)

    def drip(front: Front, *request: t.Any) -> Reply:
        reply = plain(front, *request)
        assert reply is not None
        return Reply(status, reply.body, reply.headers, drip=0.05)

    with Front(drip).running() as front:
        error = problem(open_reader(vault_url=front.url, vault_timeout=1), SOURCE)
    assert isinstance(error, SourceUnreachableError)
    assert "within 1 s" in error.message


@contextlib.contextmanager
def dead(addresses: c.Iterable[str], port: int) -> t.Iterator[None]:
    """Let connections to these addresses wait for ever: each has its backlog full."""
    with contextlib.ExitStack() as stack:
        for address in addresses:
            listener = stack.enter_context(socket.socket())
            listener.bind((address, port))
            listener.listen(0)
            for _i in range(2):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    filler.connect((address, port))
        yield


def test_a_name_with_dead_addresses_leaves_time_for_the_one_that_is_alive(
    bao: OpenBao, open_reader: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(bao.url.rsplit(":", 1)[1])
    away = [f"127.0.0.{number}" for number in (2, 3, 4, 5)]
    real = socket.getaddrinfo

    def resolve(host: str, *rest: t.Any, **options: t.Any) -> list[t.Any]:
        if host != "vault.test":
            return real(host, *rest, **options)
        stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*stream, (address, port)) for address in (*away, "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    options = {"vault_tls_server_name": "localhost", "vault_timeout": 5, "vault_retries": 0}
    with dead(away, port):
        reader = open_reader(vault_url=f"https://vault.test:{port}", **options)
        assert version_of(reader, SOURCE).number


def test_a_slow_answer_is_waited_for_and_asked_for_at_one_address_only(
    bao: OpenBao, open_reader: Open
) -> None:
    plain = forward(bao.url, bao.ca_cert)

    def slow(front: Front, method: str, path: str, *rest: t.Any) -> Reply | None:
        reply = plain(front, method, path, *rest)
        if method == "POST":
            # Longer than a third of the time, which three addresses would get each.
            front.released.wait(4)
        return reply

    with (
        Front(slow).running() as one,
        Front(slow).running() as two,
        Front(slow).running() as three,
    ):
        fronts = (one, two, three)
        reader = open_reader(vault_url=[front.url for front in fronts], vault_timeout=9)
        value = reader.values({CERTIFICATE: SourceVersion(None)})[CERTIFICATE]
        assert sum(front.requests.count(ISSUE) for front in fronts) == 1
    assert isinstance(value, SourceValue), value
    assert len(reader.held_leases()) == 1


def test_what_was_sent_is_not_sent_elsewhere_when_the_time_is_over(
    bao: OpenBao, open_reader: Open
) -> None:
    plain = forward(bao.url, bao.ca_cert)

    def swallow(front: Front, method: str, path: str, *rest: t.Any) -> Reply | None:
        if method == "POST":
            front.released.wait()
        return plain(front, method, path, *rest)

    with Front(swallow).running() as one, Front(plain).running() as two:
        reader = open_reader(vault_url=[one.url, two.url], vault_timeout=1)
        error = problem(reader, CERTIFICATE)
        assert one.requests.count(ISSUE) == 1
        assert two.requests.count(ISSUE) == 0
    assert "within 1 s" in str(error)
