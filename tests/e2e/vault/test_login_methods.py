# SPDX-License-Identifier: GPL-3.0-or-later
"""Real logins by each method that OpenBao offers."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.auth import (
    kubernetes,
    registry,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import LoginError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.pki import Authority
from tests.e2e.support.identity import Signer, kubernetes_api, service_account
from tests.e2e.vault.front import Front, Reply, forward
from tests.e2e.vault.support import CANARY, Calls, problem, value_of

if t.TYPE_CHECKING:
    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

SOURCE = VaultSource("methods/app")


@pytest.fixture(scope="module", autouse=True)
def _secret(bao: OpenBao) -> None:
    bao.put("methods/app", x="y")
    bao.policy("methods", 'path "secret/+/methods/*" { capabilities = ["read"] }')


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture(scope="module")
def userpass(bao: OpenBao) -> dict[str, str]:
    client = bao.client()
    client.sys.enable_auth_method("userpass", path="people/all")
    client.auth.userpass.create_or_update_user(
        "bob", "pässword ", policies=["methods"], mount_point="people/all"
    )
    return {
        "vault_auth_mount": "people/all",
        "vault_username": "bob",
        "vault_password": "pässword ",
    }


# OpenBao has no ldap of its own any more; its login is the request that userpass takes.
@pytest.mark.parametrize("method", ["userpass", "ldap"])
def test_user_and_password(open_reader: Open, userpass: dict[str, str], method: str) -> None:
    calls = Calls()
    reader = open_reader(calls, **userpass, vault_auth_method=method)
    assert value_of(reader, SOURCE) == b"y"
    assert calls[0] == "POST auth/people/all/login/bob"


@pytest.mark.parametrize("method", ["userpass", "ldap"])
def test_wrong_password(open_reader: Open, userpass: dict[str, str], method: str) -> None:
    wrong = {**userpass, "vault_password": CANARY, "vault_auth_method": method}
    error = problem(open_reader(**wrong), SOURCE)
    assert isinstance(error, LoginError)
    assert f"vault_auth_method {method} at auth/people/all (400" in error.message


def test_jwt(bao: OpenBao, open_reader: Open, signer: Signer, tmp_path: Path) -> None:
    client = bao.client()
    client.sys.enable_auth_method("jwt")
    client.write_data("auth/jwt/config", data={"jwt_validation_pubkeys": [signer.public]})
    role = {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_subject": "ci",
        "token_policies": ["methods"],
        "bound_audiences": ["vault"],
    }
    client.write_data("auth/jwt/role/deploy", data=role)
    claims = {"sub": "ci", "aud": "vault", "iat": 1000000000, "nbf": 1000000000, "exp": 32503680000}
    options = {"vault_auth_method": "jwt", "vault_jwt": signer.sign(claims)}
    assert value_of(open_reader(**options, vault_role="deploy"), SOURCE) == b"y"
    assert "auth/jwt (400: missing role" in str(problem(open_reader(**options), SOURCE))
    client.write_data(
        "auth/jwt/config",
        data={"jwt_validation_pubkeys": [signer.public], "default_role": "deploy"},
    )
    assert value_of(open_reader(**options), SOURCE) == b"y"
    options["vault_jwt"] = Signer().sign(claims)
    error = problem(open_reader(**options), SOURCE)
    assert isinstance(error, LoginError)
    assert options["vault_jwt"] not in str(error)
    # A file is read at each login: what lay there before may have ended meanwhile.
    file = tmp_path / "jwt"
    reader = open_reader(vault_auth_method="jwt", vault_jwt_file=str(file))
    error = problem(reader, SOURCE)
    assert isinstance(error, InputError)
    assert f"vault_jwt_file {file} cannot be read: No such file" in error.message
    file.write_text("\n")
    assert f"vault_jwt_file {file} is empty" in str(problem(reader, SOURCE))
    file.write_bytes(f"{CANARY} \xff".encode("latin-1"))
    assert f"vault_jwt_file {file} holds blanks" in str(problem(reader, SOURCE))
    file.write_text(options["vault_jwt"])
    error = problem(reader, SOURCE)
    assert isinstance(error, LoginError)
    assert options["vault_jwt"] not in str(error)
    file.write_text(f"{signer.sign(claims)}\n")
    assert value_of(reader, SOURCE) == b"y"


@pytest.fixture
def cluster(bao: OpenBao) -> t.Iterator[None]:
    """A service account that Vault admits."""
    client = bao.client()
    client.sys.enable_auth_method("kubernetes")
    with kubernetes_api() as url:
        client.write_data(
            "auth/kubernetes/config",
            data={"kubernetes_host": url, "kubernetes_ca_cert": bao.ca_cert.read_text()},
        )
        client.write_data(
            "auth/kubernetes/role/rotator",
            data={
                "bound_service_account_names": ["rotator"],
                "bound_service_account_namespaces": ["shop"],
                "token_policies": ["methods"],
            },
        )
        yield
    client.sys.disable_auth_method("kubernetes")


@pytest.mark.usefixtures("cluster")
def test_kubernetes(
    open_reader: Open, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jwt = signer.sign(service_account())
    options = {"vault_auth_method": "kubernetes", "vault_role": "rotator"}
    assert value_of(open_reader(**options, vault_jwt=jwt), SOURCE) == b"y"
    # In a pod nobody hands a token over.
    mounted = tmp_path / "token"
    monkeypatch.setattr(kubernetes, "SERVICE_ACCOUNT_TOKEN", mounted)
    error = problem(open_reader(**options), SOURCE)
    assert isinstance(error, InputError)
    assert f"{mounted} cannot be read: No such file" in error.message
    assert "vault_jwt" in error.remedy
    mounted.write_text(f"{jwt}\n")
    sent = []

    def watch(request: t.Any, send: t.Any) -> t.Any:
        sent.append(request.json)
        return send()

    assert value_of(open_reader(watch, **options), SOURCE) == b"y"
    assert sent[0] == {"role": "rotator", "jwt": jwt}
    # Elsewhere than in a pod a file may hold one all the same.
    mounted.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(jwt)
    assert value_of(open_reader(**options, vault_jwt_file=str(elsewhere)), SOURCE) == b"y"


def test_certificate(bao: OpenBao, open_reader: Open, tmp_path: Path) -> None:
    client = bao.client()
    client.sys.enable_auth_method("cert")
    authority = Authority("clients")
    client.write_data(
        "auth/cert/certs/hosts",
        data={"certificate": authority.pem.decode(), "token_policies": ["methods"]},
    )
    authority.issue_to(tmp_path, "manager1")
    pair = {
        "vault_auth_method": "cert",
        "vault_client_cert": str(tmp_path / "cert.pem"),
        "vault_client_key": str(tmp_path / "key.pem"),
    }
    assert value_of(open_reader(**pair), SOURCE) == b"y"
    assert value_of(open_reader(**pair, vault_role="hosts"), SOURCE) == b"y"
    both = tmp_path / "both.pem"
    both.write_bytes((tmp_path / "cert.pem").read_bytes() + (tmp_path / "key.pem").read_bytes())
    one = {"vault_auth_method": "cert", "vault_client_cert": str(both)}
    assert value_of(open_reader(**one), SOURCE) == b"y"
    Authority("strangers").issue_to(tmp_path, "stranger")
    assert isinstance(problem(open_reader(**pair), SOURCE), LoginError)


def test_none_relies_on_an_agent_that_adds_the_token(bao: OpenBao, open_reader: Open) -> None:
    plain = forward(bao.url, bao.ca_cert)

    def agent(front: Front, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        # What an agent insists on: https://openbao.org/docs/agent-and-proxy/proxy/apiproxy/
        assert headers["X-Vault-Request"] == "true"
        assert "X-Vault-Token" not in headers
        reply = plain(front, method, path, {**headers, "X-Vault-Token": bao.root_token}, body)
        assert reply is not None
        return reply

    with Front(agent).running() as front:
        reader = open_reader(vault_url=front.url, vault_auth_method="none")
        assert value_of(reader, SOURCE) == b"y"


def test_none_without_an_agent_says_so(open_reader: Open) -> None:
    error = problem(open_reader(vault_auth_method="none"), SOURCE)
    assert isinstance(error, LoginError)
    assert "wants a token" in error.message
    assert "agent or proxy" in error.remedy


def test_no_method_is_left_out_here() -> None:
    files = ("test_login_methods.py", "test_login.py", "test_cloud_logins.py")
    text = "".join((Path(__file__).parent / name).read_text() for name in files)
    assert [name for name in registry.METHODS if f'"{name}"' not in text and name != "token"] == []
