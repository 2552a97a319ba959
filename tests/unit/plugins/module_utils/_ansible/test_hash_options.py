# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of a task become sources with unique names, or an error that names the entry."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.hash_options import (
    HASH_ARGUMENTS,
    to_hash_request,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.previous import Previous
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.request import HashRequest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource


def request(*entries: dict[str, t.Any], **given: t.Any) -> HashRequest:
    result = ArgumentSpecValidator(HASH_ARGUMENTS).validate({"secrets": list(entries), **given})
    assert result.error_messages == []
    return to_hash_request(result.validated_parameters)


def test_a_task_is_handed_on() -> None:
    made = request(
        {"name": "db", "vault_path": "shop/db", "vault_field": "password", "vault_version": 3},
        {"name": "old", "vault_path": "/x/", "vault_mount": "/team/kv/", "vault_engine": "kv1"},
        hash_key="key",
        previous={"db": "sha256$00"},
    )
    assert made == HashRequest(
        sources={
            "db": VaultSource("shop/db", "password", version=3),
            "old": VaultSource("x", mount="team/kv", engine="kv1"),
        },
        hash_key=SecretValue(b"key"),
        previous={"db": Previous("sha256$00")},
    )


def test_the_keyed_algorithm_is_the_default() -> None:
    assert request({"vault_path": "a"}).algorithm == "hmac-sha256"
    assert request({"vault_path": "a"}, algorithm="sha256").algorithm == "sha256"


def test_a_name_is_made_of_path_and_field() -> None:
    made = request({"vault_path": "/shop/db/"}, {"vault_path": "shop/db", "vault_field": "user"})
    assert list(made.sources) == ["shop/db", "shop/db#user"]


def test_two_of_one_name_are_refused() -> None:
    entries = [{"vault_path": "shop/db"}, {"vault_path": "shop/db", "vault_mount": "team"}]
    with pytest.raises(InputError, match=r"Two entries of secrets are named shop/db\. Give one"):
        request(*entries)
    with pytest.raises(InputError, match="Two entries of secrets are named db"):
        request({"name": "db", "vault_path": "a"}, {"name": "db", "vault_path": "b"})


@pytest.mark.parametrize(
    ("entry", "named"), [({}, "entry 1"), ({"name": ""}, "entry 1"), ({"name": "db"}, "db")]
)
def test_an_empty_path_is_refused(entry: dict[str, str], named: str) -> None:
    with pytest.raises(InputError, match=f"vault_path of {named} is empty"):
        request({**entry, "vault_path": "/"})


def test_a_path_is_needed() -> None:
    result = ArgumentSpecValidator(HASH_ARGUMENTS).validate({"secrets": [{"name": "db"}]})
    assert "missing required arguments: vault_path" in " ".join(result.error_messages)


def test_the_key_is_kept_from_ansibles_output() -> None:
    assert HASH_ARGUMENTS["hash_key"]["no_log"] is True
