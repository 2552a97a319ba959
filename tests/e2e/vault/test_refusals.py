# SPDX-License-Identifier: GPL-3.0-or-later
"""What Vault refuses, in words that say what to do."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceError,
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.e2e.vault.support import CANARY, Calls, problem, value_of

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.reader import (
        VaultReader,
    )

    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open


@pytest.fixture(autouse=True)
def _secrets(bao: OpenBao) -> None:
    bao.put("refused/app", user=CANARY, password=CANARY)
    bao.put("refused/app", mount="kv1", user=CANARY, password=CANARY)
    bao.put("refused/app", mount="team/apps/kv", user=CANARY)


@pytest.mark.parametrize(
    ("source", "allowed", "what", "stanza"),
    [
        (
            VaultSource("refused/app"),
            "secret/other",
            "metadata",
            'path "secret/metadata/refused/app" { capabilities = ["read"] }',
        ),
        (
            VaultSource("refused/app"),
            "secret/metadata/*",
            "data",
            'path "secret/data/refused/app" { capabilities = ["read"] }',
        ),
        (
            VaultSource("refused/app", mount="team/apps/kv"),
            "secret/*",
            "metadata",
            'path "team/apps/kv/metadata/refused/app" { capabilities = ["read"] }',
        ),
        (
            VaultSource("refused/app", mount="kv1", engine="kv1"),
            "secret/*",
            "value",
            'path "kv1/refused/app" { capabilities = ["read"] }',
        ),
        (
            VaultSource("database/creds/app", engine="read"),
            "secret/*",
            "value",
            'path "database/creds/app" { capabilities = ["read"] }',
        ),
    ],
)
def test_a_missing_right_is_named_with_the_policy_that_gives_it(  # noqa: PLR0913, PLR0917  # a table
    bao: OpenBao, open_reader: Open, source: VaultSource, allowed: str, what: str, stanza: str
) -> None:
    bao.policy("some", f'path "{allowed}" {{ capabilities = ["read"] }}')
    error = problem(open_reader(vault_token=bao.token(["some"])), source)
    assert error.__class__ is SourceError
    assert error.message == (f"Vault does not let this token read the {what} of {source.location}.")
    assert stanza in error.remedy
    # The remedy is right: with it the value can be read.
    bao.policy("more", stanza)
    if what != "metadata" and source.engine != "read":
        reader = open_reader(vault_token=bao.token(["some", "more"]))
        assert "has several fields" in str(problem(reader, source))


@pytest.mark.parametrize(
    ("source", "message", "remedy"),
    [
        (
            VaultSource("refused/nope"),
            "There is nothing at secret/refused/nope in Vault.",
            "vault_path",
        ),
        (
            VaultSource("refused/app", mount="kv1"),
            "the engine mounted at kv1 is kv1, not kv2",
            "Set vault_engine to kv1.",
        ),
        (
            VaultSource("refused/app", engine="kv1"),
            "the engine mounted at secret is kv2, not kv1",
            "Set vault_engine to kv2.",
        ),
        (
            VaultSource("x", mount="transit"),
            "the engine mounted at transit is transit, not kv2",
            "Set vault_engine to read and vault_path to transit/x.",
        ),
        (
            VaultSource("app", mount="team/apps/kv/refused"),
            "nothing is mounted at team/apps/kv/refused, which lies within the mount team/apps/kv",
            "Set vault_mount to team/apps/kv and vault_path to refused/app.",
        ),
        (
            VaultSource("x", mount="nowhere"),
            "or nothing is mounted at nowhere",
            "vault_mount",
        ),
        (
            VaultSource("nowhere/x", engine="read"),
            "There is nothing at nowhere/x in Vault: no handler for route",
            "begins with the mount",
        ),
        (VaultSource("refused/app"), "several fields in Vault: password, user", "vault_field"),
        (VaultSource("refused/app", "pass"), "no field 'pass' in Vault; it has password, user", ""),
    ],
)
def test_what_is_not_there_is_told_apart(
    reader: VaultReader, source: VaultSource, message: str, remedy: str
) -> None:
    error = problem(reader, source)
    assert isinstance(error, SourceError)
    assert not isinstance(error, SourceUnreachableError)
    assert message in error.message
    assert remedy in error.remedy


#: Ways to write secret/refused/app and team/apps/kv/refused/app that are not those used here.
MISSPELLED: list[tuple[VaultSource, str, str]] = [
    (
        VaultSource("secret/data/refused/app"),
        "vault_path is written without the mount here and vault_path is written without data/",
        "Set vault_path to refused/app.",
    ),
    (VaultSource("data/refused/app"), "without data/ here", "Set vault_path to refused/app."),
    (VaultSource("metadata/refused/app"), "without metadata/", "Set vault_path to refused/app."),
    (VaultSource("secret/refused/app"), "without the mount", "Set vault_path to refused/app."),
    (VaultSource("v1/secret/data/refused/app"), "without v1/", "Set vault_path to refused/app."),
    (
        VaultSource("refused/app", mount="secret/data"),
        "nothing is mounted at secret/data, which lies within the mount secret",
        "Set vault_mount to secret.",
    ),
    (
        VaultSource("team/apps/kv/refused/app"),
        "without the mount here, and team/apps/kv is one",
        "Set vault_mount to team/apps/kv and vault_path to refused/app.",
    ),
    (
        VaultSource("apps/kv/data/refused/app", mount="team"),
        "which lies within the mount team/apps/kv",
        "Set vault_mount to team/apps/kv and vault_path to refused/app.",
    ),
    (
        VaultSource("kv1/refused/app"),
        "the engine mounted at kv1 is kv1, not kv2",
        "Set vault_engine to kv1, vault_mount to kv1 and vault_path to refused/app.",
    ),
    (
        VaultSource("secret/refused/app", engine="read"),
        "the engine mounted at secret is kv2",
        "Set vault_engine to kv2, vault_mount to secret and vault_path to refused/app.",
    ),
    (
        VaultSource("v1/kv1/refused/app", engine="read"),
        "without v1/ here",
        "Set vault_path to kv1/refused/app.",
    ),
]


@pytest.mark.case("V12")
@pytest.mark.parametrize(("source", "why", "remedy"), MISSPELLED)
def test_a_path_as_other_tools_write_it_is_told_as_it_is_written_here(
    bao: OpenBao, open_reader: Open, source: VaultSource, why: str, remedy: str
) -> None:
    rights = "\n".join(
        f'path "{path}" {{ capabilities = ["read"] }}'
        for path in (
            "secret/data/refused/app",
            "secret/metadata/refused/app",
            "team/apps/kv/*",
            "kv1/refused/app",
        )
    )
    bao.policy("app", rights)
    # With every right there is nothing there; with those that suffice it may not be read.
    for token in (bao.root_token, bao.token(["app"], no_default_policy=True)):
        error = problem(open_reader(vault_token=token), source)
        assert why in str(error)
        assert remedy in str(error)
        assert 'path "' not in str(error)


@pytest.mark.case("V12")
def test_where_only_the_look_of_a_path_tells_both_remedies_are_given(
    bao: OpenBao, open_reader: Open
) -> None:
    bao.policy("elsewhere", 'path "kv1/*" { capabilities = ["read"] }')
    token = bao.token(["elsewhere"], no_default_policy=True)
    error = problem(open_reader(vault_token=token), VaultSource("data/refused/app"))
    assert str(error) == (
        "Vault does not let this token read the metadata of secret/data/refused/app: vault_path is"
        " written without data/ here. Set vault_path to refused/app. If data/refused/app is the"
        " real path, a right is missing."
    )


@pytest.mark.case("V12")
@pytest.mark.parametrize("path", ["data/really", "secret/really", "v1/really", "kv1/really"])
def test_a_path_that_really_begins_so_is_read(bao: OpenBao, reader: VaultReader, path: str) -> None:
    bao.put(path, x="here")
    assert value_of(reader, VaultSource(path)) == b"here"


@pytest.mark.case("V12")
@pytest.mark.parametrize("end", ["/v1", "/v1/"])
def test_an_address_that_ends_like_the_api_is_taken(
    bao: OpenBao, open_reader: Open, end: str
) -> None:
    bao.put("refused/address", x="here")
    reader = open_reader(vault_url=f"{bao.url}{end}")
    assert value_of(reader, VaultSource("refused/address")) == b"here"


def test_mounts_are_looked_at_once(open_reader: Open) -> None:
    calls = Calls()
    reader = open_reader(calls, max_parallel=1)
    sources = [VaultSource(f"refused/missing/{number}") for number in range(5)]
    results = reader.versions(sources)
    assert all("There is nothing at" in str(error) for error in results.values())
    assert calls.count("GET sys/internal/ui/mounts") == 1
    assert len(calls) == 6


def test_one_bad_source_leaves_the_others_alone(bao: OpenBao, reader: VaultReader) -> None:
    bao.put("refused/good", x="y")
    bad, good = VaultSource("refused/none"), VaultSource("refused/good")
    results = reader.versions([bad, good])
    assert isinstance(results[bad], SourceError)
    assert not isinstance(results[good], Exception)
