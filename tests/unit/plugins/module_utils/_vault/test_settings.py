# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each setting of the connection comes from, and what is refused before Vault is asked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import (
    MissingSettingError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import (
    Retries,
    VaultOptions,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import (
    resolve,
    variables,
)

CANARY = "canary-7f3a"
URL = "https://vault.example.org:8200"
LEAST = {"vault_url": URL, "vault_token": "t"}
PLACES_OF_AUTHORITIES = ("CACERT", "CACERT_BYTES", "CAPATH")


def secret(text: str) -> SecretValue:
    return SecretValue(text.encode())


def settled(
    tmp_path: Path, environ: dict[str, str] | None = None, **options: object
) -> VaultOptions:
    return resolve({**LEAST, **options}, environ or {}, tmp_path)


def test_defaults(tmp_path: Path) -> None:
    assert settled(tmp_path) == VaultOptions(
        url=URL, token=secret("t"), auth_method="token", timeout=30.0, retries=Retries(3)
    )


def test_every_option_is_taken(tmp_path: Path) -> None:
    resolved = settled(
        tmp_path,
        vault_namespace="/team/a/",
        vault_auth_method="approle",
        vault_auth_mount="/login/approle/",
        vault_role_id="r",
        vault_secret_id=" s\n",
        vault_secret_id_wrapped=True,
        vault_role="role",
        vault_jwt="j",
        vault_username="u",
        vault_password=" p ",
        vault_github_token="gh\n",
        vault_aws_profile="shop",
        vault_aws_access_key="key",
        vault_aws_secret_key="secret",
        vault_aws_security_token="token",
        vault_region="eu-central-1",
        vault_aws_iam_server_id="id",
        vault_azure_tenant_id="tenant",
        vault_azure_client_id="client",
        vault_azure_client_secret="client secret",
        vault_azure_resource="resource",
        vault_ca_cert="/ca",
        vault_tls_server_name="vault.example.org",
        vault_client_cert="/cert",
        vault_client_key="/key",
        vault_validate_certs=False,
        vault_timeout="1m",
        vault_retries=0,
        vault_proxies={"https": "http://proxy:3128"},
    )
    assert resolved == VaultOptions(
        url=URL,
        namespace="team/a",
        auth_method="approle",
        auth_mount="login/approle",
        token=secret("t"),
        role_id="r",
        secret_id=secret("s"),
        secret_id_wrapped=True,
        role="role",
        jwt=secret("j"),
        username="u",
        password=secret(" p "),  # blanks may belong to a password
        github_token=secret("gh"),
        aws_profile="shop",
        aws_access_key="key",
        aws_secret_key=secret("secret"),
        aws_security_token=secret("token"),
        region="eu-central-1",
        aws_iam_server_id="id",
        azure_tenant_id="tenant",
        azure_client_id="client",
        azure_client_secret=secret("client secret"),
        azure_resource="resource",
        ca_cert="/ca",
        tls_server_name="vault.example.org",
        client_cert="/cert",
        client_key="/key",
        validate_certs=False,
        timeout=60.0,
        retries=Retries(0),
        proxies={"https": "http://proxy:3128"},
    )


@pytest.mark.parametrize(
    ("name", "order"),
    [
        (
            "url",
            [
                "ANSIBLE_HASHI_VAULT_ADDR",
                "BAO_AGENT_ADDR",
                "BAO_ADDR",
                "VAULT_AGENT_ADDR",
                "VAULT_ADDR",
            ],
        ),
        (
            "tls_server_name",
            [
                "ANSIBLE_HASHI_VAULT_TLS_SERVER_NAME",
                "BAO_TLS_SERVER_NAME",
                "VAULT_TLS_SERVER_NAME",
            ],
        ),
        ("namespace", ["ANSIBLE_HASHI_VAULT_NAMESPACE", "BAO_NAMESPACE", "VAULT_NAMESPACE"]),
        ("role_id", ["ANSIBLE_HASHI_VAULT_ROLE_ID", "BAO_ROLE_ID", "VAULT_ROLE_ID"]),
        (
            "aws_access_key",
            [
                "ANSIBLE_HASHI_VAULT_AWS_ACCESS_KEY",
                "AWS_ACCESS_KEY_ID",
                "AWS_ACCESS_KEY",
                "EC2_ACCESS_KEY",
            ],
        ),
    ],
)
def test_option_then_ansible_then_openbao_then_vault(
    name: str, order: list[str], tmp_path: Path
) -> None:
    assert variables(name) == order
    places = [f"vault_{name}", *order]
    scheme = "" if name == "tls_server_name" else "https://"
    given = {place: f"{scheme}place-{number}" for number, place in enumerate(places)}
    for number, place in enumerate(places):
        options = {key: given[key] for key in places[:1] if key in given}
        environ = {key: given[key] for key in order if key in given}
        base = {"vault_url": URL} if name != "url" else {}
        resolved = resolve({**base, "vault_token": "t", **options}, environ, tmp_path)
        assert getattr(resolved, name) == f"{scheme}place-{number}"
        del given[place]


@pytest.mark.case("V15")
def test_authorities_come_from_a_file_a_folder_or_the_environment_itself(tmp_path: Path) -> None:
    order = ["ANSIBLE_HASHI_VAULT_CA_CERT"]
    order += [f"{kind}_{name}" for kind in ("BAO", "VAULT") for name in PLACES_OF_AUTHORITIES]
    assert variables("ca_cert") == order
    environ = {name: f"of {name}" for name in order}
    assert settled(tmp_path, environ, vault_ca_cert="/ca").ca_cert == "/ca"
    for name in order:
        resolved = settled(tmp_path, environ)
        found = resolved.ca_pem if name.endswith("_BYTES") else resolved.ca_cert
        assert found == f"of {name}"
        assert None in (resolved.ca_pem, resolved.ca_cert)
        del environ[name]
    assert settled(tmp_path, environ).ca_pem is None


@pytest.mark.parametrize("method", ["jwt", "cert", "kubernetes"])
@pytest.mark.parametrize(
    ("options", "environ", "role"),
    [
        ({"vault_role_id": "id"}, {}, "id"),
        ({"vault_role_id": "id", "vault_role": "role"}, {}, "role"),
        ({"vault_role_id": "id"}, {"ANSIBLE_HASHI_VAULT_ROLE": "role"}, "id"),
        ({}, {"ANSIBLE_HASHI_VAULT_ROLE_ID": "id"}, "id"),
        ({}, {"ANSIBLE_HASHI_VAULT_ROLE_ID": "id", "BAO_ROLE": "role"}, "id"),
        ({"vault_role": "role"}, {"ANSIBLE_HASHI_VAULT_ROLE_ID": "id"}, "role"),
        ({}, {"VAULT_ROLE_ID": "of an AppRole"}, None),
    ],
)
def test_a_role_id_is_the_role_of_jwt_and_cert(
    method: str,
    options: dict[str, str],
    environ: dict[str, str],
    role: str | None,
    tmp_path: Path,
) -> None:
    given = {"vault_auth_method": method, "vault_jwt": "j", "vault_client_cert": "/c", **options}
    if method != "kubernetes":
        assert settled(tmp_path, environ, **given).role == role
    elif role != "role" and "BAO_ROLE" not in environ and "ANSIBLE_HASHI_VAULT_ROLE" not in environ:
        with pytest.raises(InputError, match="kubernetes needs vault_role"):
            settled(tmp_path, environ, **given)


@pytest.mark.parametrize(
    ("options", "environ", "token"),
    [
        ({}, {"AWS_ACCESS_KEY_ID": "k", "AWS_SESSION_TOKEN": "t"}, "t"),
        ({"aws_access_key": "own", "aws_security_token": "t"}, {"AWS_ACCESS_KEY_ID": "k"}, "t"),
        ({"aws_access_key": "own"}, {"AWS_ACCESS_KEY_ID": "k", "AWS_SESSION_TOKEN": "t"}, None),
    ],
)
def test_a_session_token_of_another_key_is_left_alone(
    options: dict[str, str], environ: dict[str, str], token: str | None, tmp_path: Path
) -> None:
    given = {f"vault_{name}": value for name, value in options.items()}
    resolved = settled(tmp_path, environ, **given)
    assert resolved.aws_security_token == (None if token is None else secret(token))


@pytest.mark.case("V16")
@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8100", True),
        ("https://127.1.2.3", True),
        ("https://[::1]:8200", True),
        ("https://LocalHost:8200", True),
        ("https://vault.localhost", True),
        ("https://vault.example.org", False),
        ("https://10.0.0.1", False),
        ("https://localhost.example.org", False),
    ],
)
def test_what_listens_on_this_host_is_known(url: str, loopback: bool) -> None:
    assert VaultOptions(url=url).is_loopback is loopback


@pytest.mark.case("V16")
@pytest.mark.parametrize("given", [{}, "{}"])
def test_no_proxies_are_something_else_than_nothing_said(given: object, tmp_path: Path) -> None:
    assert settled(tmp_path, vault_proxies=given).proxies == {}
    assert settled(tmp_path).proxies is None


@pytest.mark.parametrize(
    ("options", "environ", "counts"),
    [
        ({"vault_jwt": "j"}, {"VAULT_JWT_FILE": "/f"}, "jwt"),
        ({"vault_jwt_file": "/f"}, {"VAULT_JWT": "j"}, "jwt_file"),
        ({}, {"ANSIBLE_HASHI_VAULT_JWT_FILE": "/f", "BAO_JWT": "j"}, "jwt_file"),
        ({}, {"VAULT_JWT_FILE": "/f", "BAO_JWT": "j"}, "jwt"),
        ({}, {"VAULT_JWT_FILE": "/f"}, "jwt_file"),
        ({}, {}, None),
    ],
)
def test_of_a_signed_token_and_a_file_of_one_the_stronger_place_counts(
    options: dict[str, str], environ: dict[str, str], counts: str | None, tmp_path: Path
) -> None:
    resolved = settled(tmp_path, environ, **options)
    assert resolved.jwt == (secret("j") if counts == "jwt" else None)
    assert resolved.jwt_file == ("/f" if counts == "jwt_file" else None)


@pytest.mark.parametrize(
    ("options", "environ", "named"),
    [
        ({"vault_jwt": "j", "vault_jwt_file": "/f"}, {}, "vault_jwt_file and vault_jwt are both"),
        ({}, {"BAO_JWT": "j", "BAO_JWT_FILE": "/f"}, "BAO_JWT_FILE and BAO_JWT are both"),
    ],
)
def test_both_in_the_same_place_are_refused(
    options: dict[str, str], environ: dict[str, str], named: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=named):
        settled(tmp_path, environ, **options)


@pytest.mark.parametrize(("word", "wrapped"), [("true", True), ("1", True), ("no", False)])
def test_the_environment_tells_whether_the_secret_id_is_wrapped(
    word: str, wrapped: bool, tmp_path: Path
) -> None:
    environ = {"ANSIBLE_HASHI_VAULT_SECRET_ID_WRAPPED": word, "VAULT_SECRET_ID_WRAPPED": "on"}
    assert settled(tmp_path, environ).secret_id_wrapped is wrapped


@pytest.mark.parametrize(
    "given",
    [
        f"{URL}/, https://b:8200 ,{URL}",
        [URL, "https://b:8200/"],
        [f"{URL},https://b:8200", ""],
    ],
)
def test_a_cluster_has_several_addresses(given: object, tmp_path: Path) -> None:
    resolved = settled(tmp_path, vault_url=given)
    assert (resolved.url, resolved.other_urls) == (URL, ("https://b:8200",))
    assert resolved.address == f"{URL}, https://b:8200"


def test_the_environment_may_hold_several_addresses_as_well(tmp_path: Path) -> None:
    environ = {"BAO_ADDR": f"{URL},https://b:8200"}
    resolved = resolve({"vault_url": [""], "vault_token": "t"}, environ, tmp_path)
    assert (resolved.url, resolved.other_urls) == (URL, ("https://b:8200",))


@pytest.mark.parametrize("given", [",", [","], ["", ""]])
def test_commas_alone_are_no_address(given: object, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="The address of Vault is not known"):
        settled(tmp_path, vault_url=given)


def test_an_empty_option_is_no_option(tmp_path: Path) -> None:
    options = {"vault_url": "", "vault_token": None}
    environ = {"VAULT_ADDR": URL, "BAO_TOKEN": "from-bao", "VAULT_TOKEN": "from-vault"}
    resolved = resolve(options, environ, tmp_path)
    assert (resolved.url, resolved.token) == (URL, secret("from-bao"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://v:8200/", "https://v:8200"),
        ("https://v/some/proxy//", "https://v/some/proxy"),
        (" http://[::1]:8200 ", "http://[::1]:8200"),
        (" unix:///run/vault/agent.sock", "unix:///run/vault/agent.sock"),
    ],
)
def test_url_is_kept_without_slash_at_its_end(given: str, expected: str, tmp_path: Path) -> None:
    assert settled(tmp_path, vault_url=given).url == expected


@pytest.mark.parametrize(
    "url",
    [
        "vault:8200",
        "ftp://vault",
        "https://",
        "https://vault:port",
        "https://vault:70000",
        "https://vault?x=1",
        "https://vault#x",
        "https://[::1",
        f"https://user:{CANARY}@vault",
        f"https://{CANARY}@vault",
        "unix://run/vault.sock",
        f"unix://user:{CANARY}@/run/vault.sock",
        "unix:///",
        "unix://",
        "http+unix:///run/vault.sock",
    ],
)
def test_an_address_that_is_none_is_refused_unseen(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^vault_url ") as caught:
        settled(tmp_path, vault_url=url)
    assert CANARY not in str(caught.value)
    assert "https://vault.example.org:8200" in caught.value.remedy


def test_without_an_address_every_way_to_set_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        resolve({"vault_token": "t"}, {}, tmp_path)
    assert isinstance(caught.value, MissingSettingError)
    assert caught.value.option == "url"
    for way in ("vault_url", "ANSIBLE_HASHI_VAULT_ADDR", "BAO_ADDR", "VAULT_ADDR"):
        assert way in caught.value.remedy


class TestTokenFile:
    def test_it_is_the_last_resort(self, tmp_path: Path) -> None:
        (tmp_path / ".vault-token").write_text(" from-file\n")
        options = {"vault_url": URL}
        assert resolve(options, {}, tmp_path).token == secret("from-file")
        assert resolve(options, {"VAULT_TOKEN": "e"}, tmp_path).token == secret("e")

    def test_ansible_can_name_another(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "mine").write_text("other")
        environ = {
            "ANSIBLE_HASHI_VAULT_TOKEN_PATH": str(tmp_path / "sub"),
            "ANSIBLE_HASHI_VAULT_TOKEN_FILE": "mine",
        }
        assert resolve({"vault_url": URL}, environ, tmp_path).token == secret("other")
        options = {
            "vault_url": URL,
            "vault_token_path": str(tmp_path / "sub"),
            "vault_token_file": "mine",
        }
        assert resolve(options, {}, tmp_path).token == secret("other")

    @pytest.mark.parametrize("content", [None, "", "\n"])
    def test_without_any_token_the_remedies_are_named(
        self, content: str | None, tmp_path: Path
    ) -> None:
        if content is not None:
            (tmp_path / ".vault-token").write_text(content)
        with pytest.raises(InputError, match="token needs vault_token") as caught:
            resolve({"vault_url": URL}, {}, tmp_path)
        assert "VAULT_TOKEN" in caught.value.remedy

    def test_one_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / ".vault-token").mkdir()
        with pytest.raises(InputError, match=r"\.vault-token cannot be read: Is a directory"):
            resolve({"vault_url": URL}, {}, tmp_path)

    def test_other_methods_leave_it_alone(self, tmp_path: Path) -> None:
        (tmp_path / ".vault-token").mkdir()
        options = {"vault_url": URL, "vault_auth_method": "approle", "vault_role_id": "r"}
        assert resolve(options, {}, tmp_path).token is None


@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ({}, {}, True),
        ({"vault_validate_certs": False}, {}, False),
        ({"vault_validate_certs": "no"}, {}, False),
        ({}, {"VAULT_SKIP_VERIFY": "true"}, False),
        ({}, {"BAO_SKIP_VERIFY": "0", "VAULT_SKIP_VERIFY": "1"}, True),
        ({}, {"ANSIBLE_HASHI_VAULT_VALIDATE_CERTS": "yes", "BAO_SKIP_VERIFY": "1"}, True),
        ({"vault_validate_certs": True}, {"BAO_SKIP_VERIFY": "1"}, True),
    ],
)
def test_certificates_are_checked_unless_told_otherwise(
    options: dict[str, object], environ: dict[str, str], expected: object, tmp_path: Path
) -> None:
    assert settled(tmp_path, environ, **options).validate_certs is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", 30),
        (5, 5),
        (0.5, 0.5),
        ("1.5s", 1.5),
        ("500ms", 0.5),
        ("2m", 120),
        ("1h", 3600),
        ("1m30s", 90),
        ("1h2m3.5s", 3723.5),
        (".5m", 30),
        ("2d", 172800),
        ("1500000us", 1.5),
        ("1500000µs", 1.5),
        ("2000000000ns", 2),
        ("0", 3600),
        (0, 3600),
        ("0s", 3600),
    ],
)
@pytest.mark.case("V15")
def test_timeout_takes_seconds_and_units(text: object, expected: float, tmp_path: Path) -> None:
    assert settled(tmp_path, vault_timeout=text).timeout == expected


def test_settings_from_the_environment_are_parsed(tmp_path: Path) -> None:
    environ = {
        "VAULT_CLIENT_TIMEOUT": "90s",
        "BAO_MAX_RETRIES": "7",
        "VAULT_PROXY_ADDR": "http://proxy:1",
    }
    resolved = settled(tmp_path, environ)
    assert (resolved.timeout, resolved.retries) == (90.0, Retries(7))
    assert resolved.proxies == {"http": "http://proxy:1", "https": "http://proxy:1"}


@pytest.mark.parametrize(
    "text", ['{"https": "http://p:1"}', "{'https': 'http://p:1'}", "https=http://p:1"]
)
def test_proxies_may_be_the_text_of_a_mapping(text: str, tmp_path: Path) -> None:
    environ = {"ANSIBLE_HASHI_VAULT_PROXIES": text}
    assert settled(tmp_path, environ).proxies == {"https": "http://p:1"}


@pytest.mark.parametrize("password", ["a=b", "http=x", "{}"])
def test_an_address_of_a_proxy_is_no_mapping_whatever_its_password(
    password: str, tmp_path: Path
) -> None:
    address = f"http://u:{password}@p:1"
    assert settled(tmp_path, vault_proxies=address).proxies == {"http": address, "https": address}


MAPPING = {
    "total": 5,
    "connect": 1,
    "read": "2",
    "status": 4,
    "other": 0,
    "status_forcelist": [412, "503"],
    "allowed_methods": ["get"],
    "backoff_factor": 0.5,
    "backoff_max": 10,
    "backoff_jitter": 0,
    "respect_retry_after_header": False,
    "raise_on_status": False,
}
POLICY = Retries(
    total=5,
    connect=1,
    read=2,
    status=4,
    other=0,
    status_forcelist=frozenset((412, 503)),
    allowed_methods=frozenset(("GET",)),
    backoff_factor=0.5,
    backoff_max=10.0,
    backoff_jitter=0.0,
    respect_retry_after_header=False,
)


@pytest.mark.case("V15")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (4, Retries(4)),
        ("0", Retries(0)),
        (MAPPING, POLICY),
        (json.dumps(MAPPING), POLICY),
        (str(MAPPING), POLICY),
        ("total=5, backoff_factor=0.5", Retries(5, backoff_factor=0.5)),
        ("total=5 status_forcelist=500,502", Retries(5, status_forcelist=frozenset((500, 502)))),
        ({"allowed_methods": None, "connect": None}, Retries()),
        ({"method_whitelist": False}, Retries()),
        ({}, Retries()),
    ],
)
def test_retries_are_a_number_or_what_community_hashi_vault_takes(
    given: object, expected: Retries, tmp_path: Path
) -> None:
    assert settled(tmp_path, vault_retries=given or {}).retries == expected
    if isinstance(given, str):
        environ = {"ANSIBLE_HASHI_VAULT_RETRIES": given}
        assert settled(tmp_path, environ).retries == expected


@pytest.mark.case("V15")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"redirect": 1}, r"vault_retries has a key 'redirect', which is not known\. Use allowed_"),
        ({"totals": 1}, "'totals'"),
        ({"raise_on_status": True}, "raise_on_status of vault_retries is true, but must be false"),
        ({"total": -1}, "total of vault_retries is -1, but must be a whole number"),
        ({"total": True}, "total of vault_retries is True"),
        ({"backoff_factor": "soon"}, "backoff_factor of vault_retries is 'soon'"),
        ({"backoff_max": "inf"}, "backoff_max of vault_retries is 'inf'"),
        ({"status_forcelist": [99]}, "status_forcelist of vault_retries is"),
        ({"respect_retry_after_header": "perhaps"}, "respect_retry_after_header of vault_retries"),
        ("{total: 5", "vault_retries is '{total: 5'"),
        ([3], "vault_retries is"),
    ],
)
def test_retries_that_are_neither_are_refused_by_name(
    given: object, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        settled(tmp_path, vault_retries=given)


@pytest.mark.parametrize("name", ["https://vault", "two words", "", "a/b"])
def test_a_server_name_is_a_name(name: str, tmp_path: Path) -> None:
    if not name:
        assert settled(tmp_path, vault_tls_server_name=name).tls_server_name is None
        return
    with pytest.raises(InputError, match=r"vault_tls_server_name is .* not a host name"):
        settled(tmp_path, vault_tls_server_name=name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vault_timeout": "1m30"}, "vault_timeout"),
        ({"vault_timeout": "1.5d"}, "vault_timeout"),
        ({"vault_timeout": "."}, "vault_timeout"),
        ({"vault_timeout": "-1"}, "vault_timeout"),
        ({"vault_timeout": "soon"}, "vault_timeout"),
        ({"vault_retries": -1}, "vault_retries"),
        ({"vault_retries": "٣"}, "vault_retries"),
        ({"vault_validate_certs": "perhaps"}, "vault_validate_certs"),
        ({"vault_proxies": [CANARY]}, "vault_proxies"),
        ({"vault_proxies": "{" + CANARY}, "vault_proxies"),
        ({"vault_proxies": {"https": 1}}, "vault_proxies"),
        ({"vault_client_key": "/key"}, "vault_client_key is set without vault_client_cert"),
        ({"vault_auth_method": "magic"}, "vault_auth_method is 'magic'"),
        ({"vault_auth_method": "approle"}, "approle needs vault_role_id"),
        ({"vault_auth_method": "userpass"}, "needs vault_username and vault_password"),
        ({"vault_auth_method": "ldap", "vault_username": "u"}, "ldap needs vault_password"),
        ({"vault_auth_method": "jwt"}, "jwt needs vault_jwt or vault_jwt_file"),
        (
            {
                "vault_auth_method": "approle",
                "vault_role_id": "r",
                "vault_secret_id_wrapped": True,
            },
            "vault_secret_id_wrapped is set without vault_secret_id",
        ),
        ({"vault_auth_method": "kubernetes"}, "kubernetes needs vault_role"),
        ({"vault_auth_method": "cert"}, "cert needs vault_client_cert"),
        (
            {
                "vault_auth_method": "userpass",
                "vault_username": "../x",
                "vault_password": CANARY,
            },
            "vault_username",
        ),
        ({"vault_token": f"{CANARY} two words"}, "vault_token holds blanks"),
        ({"vault_token": f"{CANARY}\nX-Evil: 1"}, "vault_token holds blanks"),
        ({"vault_token": f"{CANARY}\udcff"}, "vault_token is not valid UTF-8"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        settled(tmp_path, **options)
    assert CANARY not in repr(caught.value)
    assert caught.value.remedy or re.search("true nor false|must be", caught.value.message)


def test_method_none_needs_nothing(tmp_path: Path) -> None:
    options = {"vault_url": URL, "vault_auth_method": "none"}
    assert resolve(options, {}, tmp_path).token is None


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    secrets = dict.fromkeys(
        ("vault_token", "vault_secret_id", "vault_jwt", "vault_password"), CANARY
    )
    shown = repr(settled(tmp_path, **secrets, vault_proxies=f"http://u:{CANARY}@proxy"))
    assert CANARY not in shown
