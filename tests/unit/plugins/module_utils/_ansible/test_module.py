# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that YAML made something else of is refused, with its name and without its value."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.docker_options import (
    DOCKER_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.rotate_options import (
    ROTATE_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.text_options import (
    misread,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.vault_options import (
    VAULT_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.modules import (
    secretprovider_plugin,
    swarm_manager_info,
    swarm_secret_rotate,
    vault_secret_hash,
)

CANARY = "canary-41c9"
ARGUMENTS = {**ROTATE_ARGUMENTS, **DOCKER_ARGUMENTS, **VAULT_ARGUMENTS}
ENTRY = {"name": "db", "vault_path": "shop/db"}


@pytest.mark.case("N8")
@pytest.mark.parametrize("option", ["vault_token", "hash_key", "vault_password", "vault_role_id"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "a boolean"),
        (False, "a boolean"),
        (1.1, "a number"),
        ([CANARY], "a list"),
        ({"a": CANARY}, "a mapping"),
    ],
)
def test_a_text_that_is_something_else_is_told(option: str, value: object, kind: str) -> None:
    assert misread({option: value}, ARGUMENTS) == [f"{option} is {kind}, not text"]


@pytest.mark.case("N8")
@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({**ENTRY, "vault_field": False}, "vault_field of db is a boolean"),
        ({**ENTRY, "vault_field": 1.1}, "vault_field of db is a number"),
        ({**ENTRY, "vault_mount": ["x"]}, "vault_mount of db is a list"),
        ({"name": 8}, "name of entry 1 of secrets is a number"),
        ({"name": True}, "name of entry 1 of secrets is a boolean"),
        ({**ENTRY, "services": [{"name": 8}]}, "name of entry 1 of services of db is a number"),
        (
            {**ENTRY, "services": [{"name": "web", "target": False}]},
            "target of web of db is a boolean",
        ),
    ],
)
def test_an_entry_is_named_as_far_as_it_has_a_name(entry: dict[str, t.Any], problem: str) -> None:
    assert misread({"secrets": [entry]}, ARGUMENTS) == [f"{problem}, not text"]


@pytest.mark.case("N8")
def test_items_of_a_list_of_texts_are_looked_at() -> None:
    assert misread({"vault_url": ["x", True]}, ARGUMENTS) == [
        "item 2 of vault_url is a boolean, not text"
    ]


def test_an_option_is_told_by_the_name_it_was_given_by() -> None:
    assert misread({"docker_url": True}, ARGUMENTS) == ["docker_url is a boolean, not text"]


@pytest.mark.parametrize(
    "given",
    [
        {"vault_token": "yes", "hash_key": "1.10", "vault_namespace": ""},
        {"vault_token": None, "vault_password": 123456},
        {"api_version": 1.41, "vault_timeout": 1.5},
        {"tls": True, "wait_timeout": 1.5, "keep_versions": 3, "vault_proxies": {"https": "x"}},
        {"secrets": [{**ENTRY, "data": {"a": 1}, "labels": {"a": 1}, "vault_renew_before": 0.5}]},
        {"secrets": [{**ENTRY, "vault_field": 8080, "services": [{"name": "web", "uid": 33}]}]},
        {"secrets": "not a list"},
    ],
)
def test_what_can_be_taken_as_it_is_passes(given: dict[str, t.Any]) -> None:
    assert misread(given, ARGUMENTS) == []


MODULES = [secretprovider_plugin, swarm_manager_info, swarm_secret_rotate, vault_secret_hash]


@pytest.mark.case("N8")
@pytest.mark.parametrize("module", MODULES)
def test_a_module_ends_the_task_and_shows_nothing_of_it(
    module: t.Any, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = {"secrets": [ENTRY]} if module in MODULES[2:] else {}
    given = {**needed, "vault_token": [f"{CANARY}\n'"], "vault_role": False}
    with patch_module_args(given), pytest.raises(SystemExit):
        module.main()
    output = capsys.readouterr().out
    result = json.loads(output)
    assert result["failed"] is True
    assert "vault_token is a list, not text; vault_role is a boolean, not text" in result["msg"]
    assert "Write text in quotes" in result["msg"]
    assert CANARY not in output
