# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Vault is and how to log in: from settings of either family, files and directories."""

from __future__ import annotations

import json
import typing as t

import pytest
from swarmvault_core._common.errors import InputError
from swarmvault_core._vault.errors import MissingSettingError
from swarmvault_secretprovider import connections

if t.TYPE_CHECKING:
    from pathlib import Path

    from swarmvault_core._vault.options import VaultOptions
    from swarmvault_secretprovider.settings import Connection

URL = "https://vault.example.com:8200"
OTHER = "https://other.example.com:8200"


def found(directory: Path, **settings: str) -> dict[str, Connection]:
    return connections.connections(settings, directory, 8.0)[0]


def warnings(directory: Path, **settings: str) -> list[str]:
    return connections.connections(settings, directory, 8.0)[1]


def options(directory: Path, **settings: str) -> VaultOptions:
    return found(directory, **settings)["default"].options()


def secret(value: t.Any) -> bytes:
    return bytes(value.reveal())


@pytest.mark.parametrize("prefix", ["VAULT", "OPENBAO"])
def test_each_family_of_settings_is_understood(prefix: str, tmp_path: Path) -> None:
    settings = {
        "ADDR": URL,
        "NAMESPACE": "team/",
        "AUTH_METHOD": "approle",
        "APPROLE_AUTH_PATH": "machines",
        "AUTH_MOUNT": "not-this",
        "ROLE_ID": "role",
        "SECRET_ID": "canary",
        "CACERT": "/ca.pem",
        "SKIP_VERIFY": "true",
        "MOUNT_PATH": "/kv/",
        "TOKEN_ROLE": "tasks",
        "ALLOWED_PATHS": "secret/{stack}/*, secret/shared",
        "TASK_POLICIES": "{service}",
        "DEFAULT_PATH": "{secret}",
    }
    one = found(tmp_path, **{f"{prefix}_{name}": value for name, value in settings.items()})
    connection = one["default"]
    assert (connection.mount, connection.token_role) == ("kv", "tasks")
    assert connection.allowed_paths == ("secret/{stack}/*", "secret/shared")
    assert connection.task_policies == ("{service}",)
    assert connection.default_path == "{secret}"
    got = connection.options()
    assert (got.url, got.namespace, got.auth_mount, got.role_id) == (
        URL,
        "team",
        "machines",
        "role",
    )
    assert (got.ca_cert, got.validate_certs, got.timeout) == ("/ca.pem", False, 8.0)
    assert secret(got.secret_id) == b"canary"


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    connection = found(tmp_path, VAULT_ADDR=URL, VAULT_TOKEN="t")["default"]
    assert (connection.mount, connection.default_path) == ("secret", "{service}/{secret}")
    assert (connection.allowed_paths, connection.task_policies) == (None, None)
    assert connection.options().validate_certs


@pytest.mark.parametrize("path", ["{stak}/{secret}", "{secret", "{label:}"])
def test_a_default_path_has_only_words_that_are_known(path: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"VAULT_DEFAULT_PATH .* is not known: there are"):
        found(tmp_path, VAULT_ADDR=URL, VAULT_TOKEN="t", VAULT_DEFAULT_PATH=path)


def test_a_file_beats_a_setting_and_is_read_anew_each_time(tmp_path: Path) -> None:
    connection = found(tmp_path, VAULT_ADDR=URL, VAULT_TOKEN="setting")["default"]
    assert secret(connection.options().token) == b"setting"
    for token in (b"first", b"second"):
        (tmp_path / "token").write_bytes(token + b"\n")
        assert secret(connection.options().token) == token


def test_each_kind_of_file_is_found(tmp_path: Path) -> None:
    for name in ("role_id", "secret_id", "ca.pem", "client.pem", "client.key", "username"):
        (tmp_path / name).write_text(f"{name}\n", encoding="utf-8")
    got = options(tmp_path, VAULT_ADDR=URL, VAULT_AUTH_METHOD="approle")
    assert (got.role_id, got.username) == ("role_id", "username")
    assert secret(got.secret_id) == b"secret_id"
    files = (got.ca_cert, got.client_cert, got.client_key)
    assert files == tuple(str(tmp_path / name) for name in ("ca.pem", "client.pem", "client.key"))


def test_a_password_keeps_its_blanks(tmp_path: Path) -> None:
    (tmp_path / "username").write_text(" swarm \n")
    (tmp_path / "password").write_text(" two words \n")
    got = options(tmp_path, VAULT_ADDR=URL, VAULT_AUTH_METHOD="userpass")
    assert (got.username, secret(got.password)) == ("swarm", b" two words ")


def test_signed_tokens_come_from_the_directory_or_another_file_or_the_setting(
    tmp_path: Path,
) -> None:
    settings = {"VAULT_ADDR": URL, "VAULT_AUTH_METHOD": "jwt", "VAULT_JWT": "setting"}
    got = options(tmp_path, **settings, VAULT_JWT_ROLE="swarm", VAULT_JWT_AUTH_PATH="ci")
    assert (secret(got.jwt), got.role, got.auth_mount) == (b"setting", "swarm", "ci")
    got = options(tmp_path, **settings, VAULT_JWT_FILE="/a/jwt")
    assert (got.jwt, got.jwt_file) == (None, "/a/jwt")
    (tmp_path / "jwt").write_text("file")
    got = options(tmp_path, **settings, VAULT_JWT_FILE="/a/jwt")
    assert (secret(got.jwt), got.jwt_file) == (b"file", None)


def test_paths_without_policies_are_warned_of_since_a_token_reads_any(tmp_path: Path) -> None:
    bounds = {"VAULT_ADDR": URL, "VAULT_ALLOWED_PATHS": "secret/{stack}/*"}
    (said,) = warnings(tmp_path, **bounds)
    assert "VAULT_TASK_POLICIES" in said
    assert warnings(tmp_path, **bounds, VAULT_TASK_POLICIES="stack-{stack}") == []


def test_a_credential_as_a_setting_is_warned_of(tmp_path: Path) -> None:
    (said,) = warnings(tmp_path, VAULT_ADDR=URL, VAULT_TOKEN="canary")
    assert "VAULT_TOKEN" in said
    assert "docker plugin inspect" in said
    assert "canary" not in said
    (tmp_path / "token").write_text("file")
    (said,) = warnings(tmp_path, VAULT_ADDR=URL, VAULT_TOKEN="canary")
    assert "not used" in said
    assert warnings(tmp_path, VAULT_ADDR=URL) == []


def test_a_credential_that_is_missing_names_setting_and_file(tmp_path: Path) -> None:
    with pytest.raises(MissingSettingError) as caught:
        options(tmp_path, OPENBAO_ADDR=URL)
    assert "OPENBAO_AUTH_METHOD token needs OPENBAO_TOKEN" in str(caught.value)
    assert f"Put it into the file {tmp_path}/token, or set OPENBAO_TOKEN" in str(caught.value)
    with pytest.raises(
        MissingSettingError, match=r"needs VAULT_ROLE_ID.*role_id, or set VAULT_ROLE_ID"
    ):
        options(tmp_path, VAULT_ADDR=URL, VAULT_AUTH_METHOD="approle")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "Set VAULT_ADDR or OPENBAO_ADDR"),
        ({"VAULT_ADDR": "nonsense"}, "VAULT_ADDR is not the address of a web server"),
        ({"VAULT_ADDR": URL, "VAULT_AUTH_METHOD": "spell"}, "VAULT_AUTH_METHOD is 'spell'"),
        ({"VAULT_ADDR": URL, "VAULT_SKIP_VERIFY": "perhaps"}, "VAULT_SKIP_VERIFY is 'perhaps'"),
        ({"VAULT_ADDR": URL, "VAULT_CLIENT_KEY": "/k"}, "VAULT_CLIENT_KEY is set without VAULT_CL"),
        ({"VAULT_ADDR": URL, "SECRETS_PROVIDER": "aws"}, "SECRETS_PROVIDER is 'aws'"),
        ({"VAULT_ADDR": URL, "SECRETS_PROVIDER": "openbao"}, "OPENBAO_ADDR is not set"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        options(tmp_path, **settings)
    assert said in str(caught.value)


def test_both_families_make_two_connections_with_credentials_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("default")
    both = {"VAULT_ADDR": URL, "OPENBAO_ADDR": OTHER}
    two = found(tmp_path, **both)
    assert two["default"].options().url == URL
    with pytest.raises(MissingSettingError):
        two["openbao"].options()
    (tmp_path / "openbao").mkdir()
    (tmp_path / "openbao" / "token").write_text("other")
    assert secret(two["openbao"].options().token) == b"other"
    swapped = found(tmp_path, **both, SECRETS_PROVIDER="openbao")
    assert swapped["default"].options().url == OTHER
    assert sorted(swapped) == ["default", "vault"]


def write(directory: Path, name: str, settings: t.Any) -> None:
    (directory / name).mkdir()
    (directory / name / "settings.json").write_text(json.dumps(settings), encoding="utf-8")


def test_each_directory_with_settings_is_one_more_vault(tmp_path: Path) -> None:
    write(tmp_path, "eu", {"VAULT_ADDR": OTHER, "VAULT_MOUNT_PATH": "kv"})
    (tmp_path / "eu" / "token").write_text("european")
    (tmp_path / "nothing").mkdir()
    several = found(tmp_path, VAULT_ADDR=URL, VAULT_TOKEN="t")
    assert sorted(several) == ["default", "eu"]
    got = several["eu"].options()
    assert (got.url, secret(got.token), several["eu"].mount) == (OTHER, b"european", "kv")


def test_directories_alone_will_do(tmp_path: Path) -> None:
    write(tmp_path, "eu", {"OPENBAO_ADDR": OTHER})
    assert sorted(found(tmp_path)) == ["eu"]


def test_a_directory_inherits_what_tasks_may_read_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, "eu", {"OPENBAO_ADDR": OTHER})
    write(tmp_path, "us", {"VAULT_ADDR": OTHER, "VAULT_ALLOWED_PATHS": "*"})
    write(tmp_path, "ap", {"VAULT_ADDR": OTHER, "VAULT_ALLOWED_PATHS": " "})
    settings = {"VAULT_ADDR": URL, "VAULT_TOKEN": "t", "VAULT_ALLOWED_PATHS": "secret/{stack}/*"}
    several = found(tmp_path, **settings)
    assert several["eu"].allowed_paths == ("secret/{stack}/*",)
    assert several["ap"].allowed_paths == ("secret/{stack}/*",)
    assert several["us"].allowed_paths == ("*",)
    other = found(tmp_path, **settings, OPENBAO_ADDR=OTHER)["openbao"]
    assert other.allowed_paths == ("secret/{stack}/*",)
    with pytest.raises(MissingSettingError):
        several["eu"].options()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("eu", "nonsense", "does not map settings to strings"),
        ("eu", {"VAULT_ADDR": 1}, "does not map settings to strings"),
        ("eu", {}, "must have either VAULT_ADDR or OPENBAO_ADDR"),
        ("eu", {"VAULT_ADDR": URL, "OPENBAO_ADDR": URL}, "must have either"),
        ("eu", {"VAULT_ADDR": URL, "LOG_LEVEL": "info"}, "not known there: LOG_LEVEL"),
        ("e u", {"VAULT_ADDR": URL}, "not a valid name of a connection"),
    ],
)
def test_a_wrong_directory_is_named(name: str, content: t.Any, said: str, tmp_path: Path) -> None:
    write(tmp_path, name, content)
    with pytest.raises(InputError, match=said) as caught:
        found(tmp_path)
    assert name in str(caught.value)


def test_a_list_of_nothing_allows_nothing(tmp_path: Path) -> None:
    connection = found(tmp_path, VAULT_ADDR=URL, VAULT_ALLOWED_PATHS=" , ")["default"]
    assert connection.allowed_paths == ()
