# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins by methods that OpenBao does not have: what is sent, since nobody here could check it.

The token that comes back is a real one, and what is read with it comes from the real server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import types
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    DependencyError,
    InputError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import LoginError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.e2e.vault.front import Front, Reply, forward
from tests.e2e.vault.support import CANARY, everything_shown, problem, value_of

if t.TYPE_CHECKING:
    import collections.abc as c
    from pathlib import Path

    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

SOURCE = VaultSource("clouds/app")
SIGNED = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl"
LIBRARIES = ("boto3", "boto3.session", "botocore", "botocore.exceptions", "azure", "azure.identity")


class Vault:
    """A server that has every method, as far as a login looks from outside."""

    def __init__(self, bao: OpenBao) -> None:
        self._bao = bao
        self._forward = forward(bao.url, bao.ca_cert)
        self.logins: list[tuple[str, dict[str, t.Any]]] = []
        self.refused = False

    def __call__(
        self, front: Front, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Reply | None:
        if "/login" not in path:
            return self._forward(front, method, path, headers, body)
        assert method == "POST"
        assert "X-Vault-Token" not in headers
        self.logins.append((path, json.loads(body)))
        if self.refused:
            return Reply(400, b'{"errors": ["unknown"]}')
        token = self._bao.token(["clouds"])
        auth = {"client_token": token, "lease_duration": 3600, "renewable": True}
        return Reply(200, json.dumps({"auth": auth}).encode())


@pytest.fixture(scope="module", autouse=True)
def _secret(bao: OpenBao) -> None:
    bao.put("clouds/app", x="y")
    bao.policy("clouds", 'path "secret/+/clouds/*" { capabilities = ["read"] }')


@pytest.fixture
def vault(bao: OpenBao) -> Vault:
    return Vault(bao)


LogIn = t.Callable[..., tuple[str, dict[str, t.Any]]]


@pytest.fixture
def log_in(vault: Vault, open_reader: Open) -> t.Iterator[LogIn]:
    """Log in, read, and give what was sent for the login."""
    with Front(vault).running() as front:

        def log_in(method: str, **options: t.Any) -> tuple[str, dict[str, t.Any]]:
            given = {"vault_url": front.url, "vault_auth_method": method, "vault_token": None}
            assert value_of(open_reader(**given, **options), SOURCE) == b"y"
            return vault.logins.pop()

        yield log_in


@pytest.fixture
def refused(bao: OpenBao, open_reader: Open) -> t.Iterator[c.Callable[..., Exception]]:
    """Give why a login does not come about."""
    vault = Vault(bao)
    vault.refused = True
    with Front(vault).running() as front:
        yield lambda method, **options: problem(
            open_reader(vault_url=front.url, vault_auth_method=method, **options), SOURCE
        )


@pytest.fixture(autouse=True)
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide what this machine may have."""
    for name in LIBRARIES:
        monkeypatch.setitem(t.cast("dict[str, t.Any]", sys.modules), name, None)


def provide(monkeypatch: pytest.MonkeyPatch, **libraries: t.Any) -> None:
    """Let libraries be there; the names with two underscores for a dot."""
    for name, library in libraries.items():
        monkeypatch.setitem(sys.modules, name.replace("__", "."), library)


# -- AWS ------------------------------------------------------------------------------------------

KEYS = {"vault_aws_access_key": "AKIAEXAMPLE", "vault_aws_secret_key": CANARY}


def signed(body: dict[str, t.Any]) -> dict[str, str]:
    """Return the headers of the request for AWS, once its signature has been worked out again."""
    names = ("iam_request_url", "iam_request_headers", "iam_request_body")
    text = {name: base64.b64decode(body[name]).decode() for name in names}
    assert body["iam_http_request_method"] == "POST"
    assert text["iam_request_url"] == "https://sts.amazonaws.com/"
    headers = {name: one for name, (one,) in json.loads(text["iam_request_headers"]).items()}
    authorization = headers["Authorization"]
    scope = authorization.split("Credential=AKIAEXAMPLE/", 1)[1].split(",", 1)[0]
    signed_names = authorization.split("SignedHeaders=", 1)[1].split(",", 1)[0].split(";")
    lower = {name.lower(): one for name, one in headers.items()}
    canonical = "".join(f"{name}:{lower[name]}\n" for name in signed_names)
    digest = hashlib.sha256(text["iam_request_body"].encode()).hexdigest()
    request = "\n".join(["POST", "/", "", canonical, ";".join(signed_names), digest])
    hashed = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{CANARY}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", headers["X-Amz-Date"], scope, hashed])
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    assert authorization.endswith(f"Signature={signature}")
    return headers


def test_aws_with_keys(log_in: LogIn) -> None:
    path, body = log_in("aws_iam", **KEYS)
    assert path == "/v1/auth/aws/login"
    assert body["role"] is None
    headers = signed(body)
    assert "/us-east-1/sts/aws4_request" in headers["Authorization"]
    assert "X-Amz-Security-Token" not in headers


def test_aws_with_all_that_can_be_said(log_in: LogIn) -> None:
    path, body = log_in(
        "aws_iam",
        **KEYS,
        vault_aws_security_token="for an hour",
        vault_region="eu-central-1",
        vault_aws_iam_server_id="vault.example.org",
        vault_role_id="rotator",
        vault_auth_mount="clouds/aws",
    )
    assert path == "/v1/auth/clouds/aws/login"
    assert body["role"] == "rotator"
    headers = signed(body)
    assert "/eu-central-1/sts/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "for an hour"
    assert headers["X-Vault-AWS-IAM-Server-ID"] == "vault.example.org"


def test_aws_without_keys_asks_boto3(
    log_in: LogIn, refused: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refused("aws_iam")
    assert isinstance(error, DependencyError)
    assert "library boto3, which gets keys of AWS, cannot be imported" in error.message
    assert "-m pip install boto3" in error.remedy
    profiles: list[str | None] = []
    keys = types.SimpleNamespace(access_key="AKIAEXAMPLE", secret_key=CANARY, token="temporary")
    found: list[t.Any] = [types.SimpleNamespace(get_frozen_credentials=lambda: keys)]

    class NotFoundError(Exception):
        pass

    def session(profile_name: str | None) -> t.Any:
        profiles.append(profile_name)
        if profile_name == "unknown":
            raise NotFoundError(CANARY)
        return types.SimpleNamespace(get_credentials=lambda: found[0])

    boto3 = types.SimpleNamespace(session=types.SimpleNamespace(Session=session))
    errors = types.SimpleNamespace(BotoCoreError=NotFoundError, ClientError=NotFoundError)
    provide(monkeypatch, boto3=boto3, botocore__exceptions=errors)
    _path, body = log_in("aws_iam", vault_aws_profile="shop")
    assert signed(body)["X-Amz-Security-Token"] == "temporary"
    assert profiles == ["shop"]
    error = refused("aws_iam", vault_aws_profile="unknown")
    assert isinstance(error, LoginError)
    assert "no keys of AWS for this host in the profile unknown (NotFoundError)" in error.message
    assert CANARY not in everything_shown(error)
    found[0] = None
    assert "no keys of AWS for this host (nothing found)" in str(refused("aws_iam"))


@pytest.mark.parametrize("there", sorted(KEYS))
def test_aws_with_half_a_key(open_reader: Open, there: str) -> None:
    (missing,) = KEYS.keys() - {there}
    with pytest.raises(InputError, match=f"{there} is set without {missing}"):
        open_reader(vault_auth_method="aws_iam", **{there: KEYS[there]})


# -- Azure ----------------------------------------------------------------------------------------


def test_azure_with_a_token(log_in: LogIn, tmp_path: Path) -> None:
    path, body = log_in("azure", vault_role="rotator", vault_jwt=SIGNED)
    assert (path, body) == ("/v1/auth/azure/login", {"role": "rotator", "jwt": SIGNED})
    (tmp_path / "token").write_text(SIGNED)
    _path, body = log_in("azure", vault_role_id="own", vault_jwt_file=str(tmp_path / "token"))
    assert body == {"role": "own", "jwt": SIGNED}


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, ("managed", ())),
        ({"client_id": "one of several"}, ("managed", (("client_id", "one of several"),))),
        (
            {"client_id": "app", "client_secret": CANARY, "tenant_id": "t"},
            ("service principal", ("t", "app", CANARY)),
        ),
    ],
)
def test_azure_without_a_token_asks_azure(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch, options: dict[str, str], asked: t.Any
) -> None:
    seen: list[t.Any] = []

    def token(scope: str) -> t.Any:
        seen.append(scope)
        return types.SimpleNamespace(token=SIGNED)

    def managed(**given: str) -> t.Any:
        seen.append(("managed", tuple(given.items())))
        return types.SimpleNamespace(get_token=token)

    def principal(*given: str) -> t.Any:
        seen.append(("service principal", given))
        return types.SimpleNamespace(get_token=token)

    identity = types.SimpleNamespace(
        ManagedIdentityCredential=managed, ClientSecretCredential=principal
    )
    provide(monkeypatch, azure=types.ModuleType("azure"), azure__identity=identity)
    given = {f"vault_azure_{name}": value for name, value in options.items()}
    _path, body = log_in("azure", vault_role="rotator", **given)
    assert body["jwt"] == SIGNED
    assert seen == [asked, "https://management.azure.com//.default"]
    seen.clear()
    log_in("azure", vault_role="rotator", **given, vault_azure_resource="https://vault.example.org")
    assert seen[1] == "https://vault.example.org/.default"


def test_azure_that_gives_none(refused: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused("azure", vault_role="rotator")
    assert isinstance(error, DependencyError)
    assert "-m pip install azure-identity" in error.remedy

    def fail(**_: str) -> t.NoReturn:
        raise RuntimeError(CANARY)

    identity = types.SimpleNamespace(ManagedIdentityCredential=fail)
    provide(monkeypatch, azure=types.ModuleType("azure"), azure__identity=identity)
    error = refused("azure", vault_role="rotator")
    assert isinstance(error, LoginError)
    assert "Azure gives no token for https://management.azure.com//.default (RuntimeError)" in (
        error.message
    )


def test_azure_with_half_a_service_principal(open_reader: Open) -> None:
    secret = {"vault_azure_client_secret": CANARY, "vault_role": "rotator"}
    with pytest.raises(InputError, match="is set without vault_azure_tenant_id") as caught:
        open_reader(vault_auth_method="azure", **secret)
    assert CANARY not in everything_shown(caught.value)


# -- Google Cloud, GitHub -------------------------------------------------------------------------


def test_gcp(log_in: LogIn, open_reader: Open) -> None:
    path, body = log_in("gcp", vault_role="rotator", vault_jwt=SIGNED)
    assert (path, body) == ("/v1/auth/gcp/login", {"role": "rotator", "jwt": SIGNED})
    with pytest.raises(InputError, match="needs vault_jwt or vault_jwt_file"):
        open_reader(vault_auth_method="gcp", vault_role="rotator")
    with pytest.raises(InputError, match="needs vault_role"):
        open_reader(vault_auth_method="gcp", vault_jwt=SIGNED)


def test_github(log_in: LogIn, open_reader: Open) -> None:
    path, body = log_in("github", vault_github_token="ghp_example", vault_auth_mount="team/hub")
    assert (path, body) == ("/v1/auth/team/hub/login", {"token": "ghp_example"})
    with pytest.raises(InputError, match="needs vault_github_token"):
        open_reader(vault_auth_method="github")


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("github", {"vault_github_token": CANARY}),
        ("gcp", {"vault_role": "rotator", "vault_jwt": CANARY}),
        ("azure", {"vault_role": "rotator", "vault_jwt": CANARY}),
        ("aws_iam", KEYS),
    ],
)
def test_a_refusal_names_method_and_mount_and_shows_no_credential(
    refused: t.Any, method: str, options: dict[str, str]
) -> None:
    error = refused(method, **options)
    assert isinstance(error, LoginError)
    mount = "aws" if method == "aws_iam" else method
    assert f"vault_auth_method {method} at auth/{mount} (400: unknown)" in error.message


# -- Okta, RADIUS ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["okta", "radius"])
def test_what_okta_and_radius_take_is_what_userpass_takes(
    bao: OpenBao, open_reader: Open, method: str
) -> None:
    """So a real server can check it."""
    client = bao.client()
    client.sys.enable_auth_method("userpass", path=method)
    client.auth.userpass.create_or_update_user(
        "bob", "pässword ", policies=["clouds"], mount_point=method
    )
    user = {"vault_auth_method": method, "vault_username": "bob"}
    assert value_of(open_reader(**user, vault_password="pässword "), SOURCE) == b"y"
    error = problem(open_reader(**user, vault_password=CANARY), SOURCE)
    assert isinstance(error, LoginError)
    assert f"vault_auth_method {method} at auth/{method} (400" in error.message
