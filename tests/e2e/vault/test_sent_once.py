# SPDX-License-Identifier: GPL-3.0-or-later
"""What takes effect once is sent again only where it was surely not carried out."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import SourceError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)

from tests.e2e.vault.front import Front, Reply, after, forward, losing
from tests.e2e.vault.support import problem, value_of, version_of
from tests.e2e.vault.test_unreachable import free_port
from tests.e2e.vault.test_wrapped_secret_id import wrapped

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

pytestmark = pytest.mark.case("V7")

SOURCE = VaultSource("once/app")
CERTIFICATE = VaultSource(
    "once-pki/issue/app", "certificate", engine="pki", params='{"common_name": "a"}'
)
READ = VaultSource("kv1/once", engine="read")


@pytest.fixture(scope="module", autouse=True)
def _engines(bao: OpenBao) -> None:
    bao.put("once/app", x="y")
    bao.put("once", mount="kv1", x="y")
    client = bao.client()
    client.sys.enable_secrets_engine("pki", path="once-pki")
    client.write_data("once-pki/root/generate/internal", data={"common_name": "once"})
    role = {"allow_any_name": True, "key_type": "ec", "ttl": "1h"}
    client.write_data("once-pki/roles/app", data=role)
    bao.policy("once", 'path "secret/+/once/*" { capabilities = ["read"] }')


@pytest.fixture
def approle(bao: OpenBao) -> dict[str, t.Any]:
    role_id, secret_id = bao.approle("once", ["once"], secret_id_num_uses=1)
    return {
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }


def urls(front: Front, bao: OpenBao, several: bool) -> list[str]:
    return [front.url, bao.url] if several else [front.url]


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(
    ("source", "part"), [(CERTIFICATE, "/v1/once-pki/issue/"), (READ, "/v1/kv1/once")]
)
def test_what_an_engine_may_have_made_is_not_asked_for_twice(
    bao: OpenBao, open_reader: Open, source: VaultSource, part: str, several: bool
) -> None:
    with Front(losing(part, forward(bao.url, bao.ca_cert))).running() as front:
        error = problem(open_reader(vault_url=urls(front, bao, several)), source)
        assert len([one for one in front.requests if part in one]) == 1
    assert isinstance(error, SourceError)
    assert "the connection broke off" in error.message
    assert "was not sent again" in error.message


@pytest.mark.parametrize("several", [False, True])
def test_nor_is_a_login(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any], several: bool
) -> None:
    with Front(losing("/login", forward(bao.url, bao.ca_cert))).running() as front:
        error = problem(open_reader(vault_url=urls(front, bao, several), **approle), SOURCE)
        assert len(front.requests) == 1
    assert "invalid role or secret ID" not in str(error)
    assert "POST auth/approle/login was sent" in str(error)
    assert "was not sent again" in str(error)


def test_nor_is_a_secret_id_unwrapped_twice(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    approle["vault_secret_id"] = wrapped(bao, "auth/approle/role/once/secret-id")
    approle["vault_secret_id_wrapped"] = True
    with Front(losing("/unwrap", forward(bao.url, bao.ca_cert))).running() as front:
        error = problem(open_reader(vault_url=front.url, **approle), SOURCE)
        assert front.requests == ["POST /v1/sys/wrapping/lookup", "POST /v1/sys/wrapping/unwrap"]
    # Nobody has stolen anything.
    assert "Somebody may have read" not in str(error)
    assert "POST sys/wrapping/unwrap was sent" in str(error)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_answer_that_leaves_it_open_is_kept(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any], status: int
) -> None:
    with Front(after(1, Reply(status), forward(bao.url, bao.ca_cert))).running() as front:
        error = problem(open_reader(vault_url=[front.url, bao.url], **approle), SOURCE)
        assert len(front.requests) == 1
    assert f"failed with {status} at POST auth/approle/login" in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(503, b'{"errors": ["Vault is sealed"]}'),
        Reply(503, b"<html>no server is available"),
        Reply(412, b'{"errors": ["required index state not present"]}'),
        Reply(429, b'{"errors": ["slow down"]}'),
        Reply(500, b'{"errors": ["local node not active but active cluster node not found"]}'),
    ],
)
def test_one_that_says_that_nothing_was_done_is_not(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any], reply: Reply
) -> None:
    with Front(after(1, reply, forward(bao.url, bao.ca_cert))).running() as front:
        assert version_of(open_reader(vault_url=front.url, **approle), SOURCE).number
        assert front.requests[:2] == ["POST /v1/auth/approle/login"] * 2


def test_nor_is_a_connection_that_was_never_made(
    bao: OpenBao, open_reader: Open, approle: dict[str, t.Any]
) -> None:
    gone = f"https://127.0.0.1:{free_port()}"
    assert version_of(open_reader(vault_url=[gone, bao.url], **approle), SOURCE).number
    value = open_reader(vault_url=[gone, bao.url]).values({CERTIFICATE: SourceVersion(None)})
    assert isinstance(value[CERTIFICATE], SourceValue)


def test_what_only_looks_is_asked_again(bao: OpenBao, open_reader: Open) -> None:
    plain = forward(bao.url, bao.ca_cert)

    def lose_every_first(front: Front, *request: t.Any) -> Reply | None:
        reply = plain(front, *request)
        return None if len(front.requests) % 2 else reply

    with Front(lose_every_first).running() as front:
        assert value_of(open_reader(vault_url=front.url), SOURCE) == b"y"
        lease = "once-pki/issue/app/none"
        assert open_reader(vault_url=front.url).revoke([lease]) == {lease: None}
