# SPDX-License-Identifier: GPL-3.0-or-later
"""What the labels of a secret ask for, each family by its own habits."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from swarmvault_core._common.errors import InputError
from swarmvault_core._rotation.labels import pinned_labels
from swarmvault_core._vault.options import VaultOptions
from swarmvault_core._vault.source import VaultSource
from swarmvault_secretprovider.labels import wanted_by
from swarmvault_secretprovider.protocol import SecretRequest
from swarmvault_secretprovider.settings import Connection

if t.TYPE_CHECKING:
    from swarmvault_secretprovider.wanted import Wanted

OLD = "dk.almbrand.docker.plugin.secretprovider.vault."
CONNECTIONS = {
    name: Connection(name, mount, lambda: VaultOptions("https://vault.example.org"))
    for name, mount in (("default", "secret"), ("berlin", "team/kv"))
}


def wanted(name: str = "shop_db", service: str = "shop_api", /, **labels: str) -> Wanted:
    request = SecretRequest(secret_name=name, secret_labels=labels, service_name=service)
    return wanted_by(request, CONNECTIONS)[0]


def source(**labels: str) -> VaultSource:
    found = wanted(**labels).source
    assert found is not None
    return found


def old(**words: str) -> dict[str, str]:
    return {OLD + word: text for word, text in words.items()}


def problem(**labels: str) -> str:
    with pytest.raises(InputError) as caught:
        wanted(**labels)
    assert caught.value.remedy
    return str(caught.value)


# -- plain ----------------------------------------------------------------------------------------


def test_without_labels_the_path_is_that_of_the_service() -> None:
    found = wanted()
    assert found.source == VaultSource("shop_api/shop_db")
    assert (found.format, found.wrap, found.reuse, found.fail_on_error) == ("plain",) + (None,) * 3
    assert not found.task_token
    nobody = wanted("shop_db", "").source
    assert nobody == VaultSource("shop_db")


@pytest.mark.parametrize(
    ("default_path", "expected"),
    [
        ("{secret}", "shop_db"),
        ("apps/{stack}/{label:team}/{secret}", "apps/shop/shop_db"),
        ("{stack}/../{secret}/", "shop/../shop_db"),
    ],
)
def test_a_setting_says_where_a_secret_without_a_path_is(default_path: str, expected: str) -> None:
    connection = dataclasses.replace(CONNECTIONS["default"], default_path=default_path)
    request = SecretRequest(
        secret_name="shop_db",
        service_name="shop_api",
        service_labels={"com.docker.stack.namespace": "shop"},
    )
    if ".." in expected:
        with pytest.raises(InputError):
            wanted_by(request, {"default": connection})
        return
    assert wanted_by(request, {"default": connection})[0].source == VaultSource(expected)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"vault_path": "database/mysql", "vault_field": "password"}, ("database/mysql", "secret")),
        (
            {"openbao_path": "database/mysql", "openbao_field": "password"},
            ("database/mysql", "secret"),
        ),
        ({"vault_path": "secret/database/mysql"}, ("database/mysql", "secret")),
        ({"vault_path": "secret/data/database/mysql"}, ("database/mysql", "secret")),
        ({"vault_path": "data/database/mysql"}, ("database/mysql", "secret")),
        ({"vault_path": "/database/mysql/"}, ("database/mysql", "secret")),
        ({"vault_path": "secrets/x"}, ("secrets/x", "secret")),
        ({"vault_path": "database"}, ("database", "secret")),
        ({"vault_path": "kv/x", "vault_mount": "kv"}, ("x", "kv")),
        ({"vault_path": "data/x", "vault_mount": "kv1", "vault_engine": "kv1"}, ("data/x", "kv1")),
        ({"vault_path": "team/kv/data/x", "vault_connection": "berlin"}, ("x", "team/kv")),
        ({"vault_connection": "berlin"}, ("shop_api/shop_db", "team/kv")),
    ],
)
def test_plain_paths_lie_below_the_mount(labels: dict[str, str], expected: tuple[str, str]) -> None:
    found = source(**labels)
    assert (found.path, found.mount) == expected


def test_plain_labels_say_all_that_a_source_has() -> None:
    found = source(vault_path="a/b", vault_field="x", vault_version="3", vault_format="base64")
    assert found == VaultSource("a/b", "x", version=3, format="base64")
    assert source(vault_path="database/creds/app", vault_engine="read") == VaultSource(
        "database/creds/app", engine="read"
    )
    assert source(
        vault_path="pki/issue/web",
        vault_engine="pki",
        vault_field="certificate",
        vault_params='{"common_name": "a"}',
    ) == VaultSource("pki/issue/web", "certificate", engine="pki", params='{"common_name": "a"}')


def test_a_secret_of_the_rotation_is_read_exactly_as_it_says() -> None:
    source_labels = pinned_labels(VaultSource("data/secret/x", "a"), 7)
    found = source(**{"swarmvault.name": "db", **source_labels})
    assert found == VaultSource("data/secret/x", "a", version=7)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("true", 300),
        ("yes", 300),
        ("false", None),
        ("0", None),
        ("90s", 90),
        ("10m", 600),
        ("45", 45),
    ],
)
def test_wrapping_is_a_truth_value_or_a_time(text: str, seconds: int | None) -> None:
    assert wanted(vault_wrap=text).wrap == seconds
    assert wanted(**old(wrap=text)).wrap == seconds


@pytest.mark.parametrize(
    ("labels", "reuse"),
    [
        ({}, None),
        ({"vault_reuse": "false"}, False),
        ({"secret_reuse": "true"}, True),
        ({"vault_reuse": "true", "secret_reuse": "true"}, True),
    ],
)
def test_reuse_may_be_said_in_two_ways(labels: dict[str, str], reuse: bool | None) -> None:
    assert wanted(**labels).reuse is reuse


def test_a_token_has_no_source() -> None:
    found = wanted(vault_type="vault_token", fail_on_error="no")
    assert found.source is None
    assert found.fail_on_error is False


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"vault_format": "yaml"}, ["vault_format", "'yaml'", "plain, json, meta+json, base64"]),
        ({"vault_type": "token"}, ["vault_type", "secret, vault_token"]),
        ({"vault_engine": "kv3"}, ["vault_engine", "'kv3'"]),
        ({"vault_version": "latest"}, ["vault_version", "'latest'"]),
        ({"vault_version": "0"}, ["vault_version"]),
        ({"vault_wrap": "soon"}, ["vault_wrap", "'soon'"]),
        ({"vault_wrap": "9" * 400}, ["vault_wrap", "..."]),
        ({"vault_wrap": "100ms"}, ["vault_wrap"]),
        ({"vault_reuse": "maybe"}, ["vault_reuse"]),
        ({"fail_on_error": "perhaps"}, ["fail_on_error"]),
        ({"vault_reuse": "true", "secret_reuse": "false"}, ["vault_reuse", "secret_reuse"]),
        ({"vault_reuse": "true", "vault_wrap": "true"}, ["wrapped"]),
        ({"vault_path": "a", "openbao_path": "b"}, ["vault_path and openbao_path"]),
        ({"vault_connection": "paris"}, ["vault_connection", "berlin, default"]),
        ({"vault_type": "vault_token", "vault_path": "x"}, ["vault_path"]),
        ({"vault_type": "vault_token", "vault_format": "base64"}, ["base64"]),
        ({"vault_engine": "read"}, ["vault_path"]),
        ({"vault_engine": "read", "vault_path": "a/b", "vault_version": "1"}, ["vault_version"]),
        ({"vault_engine": "pki", "vault_path": "pki/config/ca", "vault_format": "json"}, ["pki"]),
        ({"vault_path": "a/../b"}, ["a/../b"]),
        ({"vault_params": "x"}, ["vault_params"]),
        ({**old(type="vault_token"), "vault_path": "x"}, ["vault_path", "two ways"]),
        (old(pth="x"), ["pth", "path"]),
        (old(json="true", format="plain"), ["json", "format"]),
        (old(path="kv/x", version="1"), ["kv/x", "version"]),
        (old(version="-1"), ["version", "'-1'"]),
        (old(type="vault_token", path="secret/data/x"), ["path"]),
        (old(wrap="often"), ["wrap", "'often'"]),
        (old(format="xml"), ["format", "'xml'"]),
        (old(json="some"), ["json"]),
    ],
)
def test_labels_that_make_no_sense_are_named_with_secret_and_remedy(
    labels: dict[str, str], said: list[str]
) -> None:
    text = problem(**labels)
    assert [word for word in ("shop_db", *said) if word not in text] == []


FORBIDDEN = [
    "auth/token/lookup-self",
    "AUTH/token/lookup-self",
    "/auth/token/lookup-self",
    "x/../auth/token",
    "%61uth/token/lookup-self",
    "sys/raw/x",
    "sys",
    "identity/entity/id/x",
    "cubbyhole/x",
    "cubbyhole\\x",
]


@pytest.mark.parametrize("path", FORBIDDEN)
@pytest.mark.parametrize("engine", ["read", "pki", "kv1", "kv2"])
def test_where_vault_keeps_its_own_is_never_a_source(path: str, engine: str) -> None:
    mount, _slash, rest = path.strip("/").partition("/")
    below = {"vault_mount": mount, "vault_path": rest or "x"}
    whole = {"vault_path": path}
    problem(vault_engine=engine, **(whole if engine in ("read", "pki") else below))
    problem(**old(path=path))
    problem(**old(path=f"{mount}/data/{rest or 'x'}"))


# -- dk.almbrand ----------------------------------------------------------------------------------


def test_the_old_family_falls_back_to_the_name_of_the_secret() -> None:
    found = wanted(**old(wrap="true"))
    assert found.source == VaultSource("shop_db")
    assert found.task_token
    assert found.wraps_all
    assert found.wrap == 300


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            {"path": "secret/data/multi", "field": "a"},
            VaultSource("multi", "a"),
        ),
        (
            {"path": "secret/data/multi", "json": "true", "version": "2"},
            VaultSource("multi", version=2, format="json"),
        ),
        ({"path": "/v1/secret/data/multi"}, VaultSource("multi")),
        ({"path": "team/kv/data/a/data/b"}, VaultSource("a/data/b", mount="team/kv")),
        ({"path": "database/creds/app"}, VaultSource("database/creds/app", engine="read")),
        ({"path": "kv/data"}, VaultSource("kv/data", engine="read")),
        ({"json": "false"}, VaultSource("shop_db")),
    ],
)
def test_the_old_family_names_paths_of_the_api(
    words: dict[str, str], expected: VaultSource
) -> None:
    assert source(**old(**words)) == expected


def test_the_old_family_takes_what_it_has_no_words_for() -> None:
    extra = {"vault_connection": "berlin", "vault_reuse": "true", "fail_on_error": "false"}
    found = wanted(**old(format="meta+json"), **extra)
    assert (found.connection, found.reuse, found.fail_on_error) == ("berlin", True, False)
    assert found.format == "meta+json"


def test_a_secret_without_labels_may_have_the_habits_of_the_old_family() -> None:
    def found(**labels: str) -> Wanted:
        request = SecretRequest("shop_db", labels, service_name="shop_api")
        return wanted_by(request, CONNECTIONS, "almbrand")[0]

    for labels in ({}, {"com.docker.stack.namespace": "shop"}, {"fail_on_error": "false"}):
        assert found(**labels).source == VaultSource("shop_db")
        assert found(**labels).task_token
    assert found(vault_field="x").source == VaultSource("shop_api/shop_db", "x")


def test_a_secret_without_a_name_is_refused() -> None:
    with pytest.raises(InputError, match="without a name"):
        wanted_by(SecretRequest(), CONNECTIONS)


NAMES = [
    "vault_path",
    "vault_field",
    "vault_mount",
    "vault_engine",
    "vault_version",
    "vault_format",
]
NAMES += [
    "vault_type",
    "vault_wrap",
    "vault_reuse",
    "vault_params",
    "fail_on_error",
    "openbao_path",
]
NAMES += [OLD + word for word in ("path", "field", "type", "wrap", "version", "json", "format")]
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["read", "pki", "kv1", "secret/data/a", "auth/x", "true", "2", "json", "vault_token", "{}"]
)


@given(st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=6))
def test_whatever_stands_in_labels_gives_a_source_or_an_error(labels: dict[str, str]) -> None:
    try:
        found = wanted(**labels)
    except InputError as error:
        said = str(error)
    else:
        said = f"{found.secret} {found.path}"
    assert "shop_db" in said


# -- what only somebody with bad intentions writes --------------------------------------------------


def test_what_is_nested_too_deep_is_no_json() -> None:
    labels = {"vault_engine": "pki", "vault_path": "pki/issue/web", "vault_field": "certificate"}
    assert "not a JSON object" in problem(**labels, vault_params="[" * 50_000)


@pytest.mark.parametrize("name", ["vault_path", "vault_mount", "vault_field", "openbao_path"])
def test_no_label_for_a_source_is_longer_than_anybody_needs(name: str) -> None:
    told = {"vault_path": "shop/db"} if name != "openbao_path" else {}
    said = problem(**{**told, name: "x/" * 300_000 + "x"})
    assert "longer than 1024 characters" in said
    assert len(said) < 300
