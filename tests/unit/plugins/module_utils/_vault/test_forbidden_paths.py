# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Vault keeps its own credentials: no source leads there, however it is spelt."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.forbidden_paths import (
    RESERVED,
    may_be_in_namespace,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.spellings import SPELLINGS

pytestmark = pytest.mark.case("V1")


@pytest.mark.parametrize("place", RESERVED)
@pytest.mark.parametrize("engine", ["read", "pki"])
def test_no_whole_path_leads_there(place: str, engine: str) -> None:
    with pytest.raises(InputError, match=f"{place}/token/x.* is never a source") as caught:
        VaultSource(f"{place}/token/x", engine=engine)
    assert "secrets engine" in caught.value.remedy


@pytest.mark.parametrize("place", RESERVED)
@pytest.mark.parametrize("engine", ["kv2", "kv1"])
@pytest.mark.parametrize(
    ("mount", "path"), [("{}", "token/x"), ("{}/token", "x"), ("x/../{}", "token"), (".", "{}/x")]
)
def test_nor_does_a_mount(place: str, engine: str, mount: str, path: str) -> None:
    with pytest.raises(InputError, match="never a source"):
        VaultSource(path.format(place), mount=mount.format(place), engine=engine)


@pytest.mark.parametrize("path", SPELLINGS)
def test_other_spellings_are_seen_through(path: str) -> None:
    with pytest.raises(InputError, match="never a source"):
        VaultSource(path, engine="read")
    with pytest.raises(InputError, match="never a source"):
        VaultSource("x", mount=path, engine="kv1")


def test_those_who_make_sources_may_take_it_for_a_wrong_value() -> None:
    with pytest.raises(ValueError, match="never a source"):
        VaultSource("auth/token/lookup-self", engine="read")


def test_a_changed_copy_does_not_lead_there_either() -> None:
    source = VaultSource("token/lookup-self", engine="kv1")
    with pytest.raises(InputError, match="never a source"):
        dataclasses.replace(source, mount="auth")


@pytest.mark.parametrize(
    "source",
    [
        VaultSource("auth/token/lookup-self"),
        VaultSource("sys"),
        VaultSource("authors/x", engine="read"),
        VaultSource("auth-service/x", engine="read"),
        VaultSource("system", mount="identity-team"),
        VaultSource("x", mount="auth-team", engine="kv1"),
        VaultSource("x", mount="auth", engine="read"),  # the mount counts for nothing here
    ],
)
def test_names_that_only_look_alike_are_let_pass(source: VaultSource) -> None:
    assert source.location


@pytest.mark.parametrize(
    ("engine", "mount", "path", "open_question"),
    [
        ("read", "", "team/auth/token/lookup-self", True),
        ("read", "", "team/inner/sys/mounts", True),
        ("read", "", "team/%61uth/token", True),
        ("pki", "", "team/identity/issue/x", True),
        ("kv1", "team", "auth/token/lookup-self", True),
        ("kv1", "team/cubbyhole", "mine", True),
        ("kv2", "team/auth", "x", True),
        # An answer there has not the form of key/value version 2, and many have such paths.
        ("kv2", "secret", "prod/auth/jwt", False),
        # The name of a role or secret.
        ("read", "", "database/creds/auth", False),
        ("kv1", "kv1", "shop/identity", False),
        ("read", "", "database/creds/shop", False),
    ],
)
def test_a_path_that_a_namespace_could_answer_is_told_from_one_that_it_could_not(
    engine: str, mount: str, path: str, open_question: bool
) -> None:
    assert may_be_in_namespace(engine, mount, path) is open_question
