# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of lookups are those of the modules, and variables stand for them."""

from __future__ import annotations

import importlib
import typing as t

import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.doc_fragments import (
    docker,
    docker_ignored,
    docker_variables,
    vault,
    vault_variables,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.source_options import (
    SOURCE_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import variables

FAMILY = "ansible_collections.swarmvault.secrets.plugins"


def options_of(documentation: str) -> dict[str, t.Any]:
    return dict(yaml.safe_load(documentation)["options"])


def fragment(module: t.Any) -> dict[str, t.Any]:
    return options_of(module.ModuleDocFragment.DOCUMENTATION)


def named(module: t.Any, option: str) -> list[str]:
    return [variable["name"] for variable in fragment(module)[option]["vars"]]


def test_a_variable_stands_for_every_option_to_reach_vault() -> None:
    assert fragment(vault_variables).keys() == fragment(vault).keys()


@pytest.mark.parametrize("option", sorted(fragment(vault_variables)))
def test_it_has_the_name_of_the_environment_variable_of_community_hashi_vault(option: str) -> None:
    expected = variables(option.removeprefix("vault_"))[0].lower()
    assert expected in named(vault_variables, option)


def test_a_variable_stands_for_every_option_to_reach_the_engine() -> None:
    assert fragment(docker_variables).keys() == fragment(docker).keys()
    for option in fragment(docker_variables):
        assert f"ansible_docker_{option}" in named(docker_variables, option)


def test_what_is_ignored_is_what_others_use() -> None:
    used, ignored = fragment(docker), fragment(docker_ignored)
    assert ignored.keys() == used.keys()
    for option, described in ignored.items():
        for key in ("type", "aliases"):
            assert described.get(key) == used[option].get(key), option


def test_the_vault_lookup_takes_the_sources_of_the_modules() -> None:
    plugin = importlib.import_module(f"{FAMILY}.lookup.vault_secret")
    documented = options_of(plugin.DOCUMENTATION)
    # Those that make something new at each read are nothing for a lookup.
    assert documented.pop("_terms")["required"] is True
    for name, option in documented.items():
        spec = SOURCE_ARGUMENTS[name]
        assert option["type"] == spec["type"], name
        assert option.get("default") == spec.get("default"), name
        assert set(option.get("choices", ())) <= set(spec.get("choices", ())), name
