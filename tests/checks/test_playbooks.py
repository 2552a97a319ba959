# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks know every option of the module, and hand each on in the same way."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.docker_options import (
    DOCKER_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.rotate_options import (
    ROTATE_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.vault_options import (
    VAULT_ARGUMENTS,
)

from tests.collection_path import ROOT

PLAYBOOKS = ROOT / "playbooks"
CONNECTIONS = {**DOCKER_ARGUMENTS, **VAULT_ARGUMENTS}
GROUP = "group/swarmvault.secrets.all"
MODULE = "swarmvault.secrets.swarm_secret_rotate"

#: What a playbook says itself, from variables of its own or in so many words.
OWN = {
    "rotate": {"secrets", "discover", "discover_paths", "force", "max_waves"},
    "rollback": {"secrets", "state"},
}
#: What a playbook has no use for, with the reason.
UNUSED = {
    "rotate": {"state": "it is for present alone"},
    "rollback": {
        "discover": "what is rolled back must be named",
        "discover_paths": "as discover",
        "max_waves": "everything goes back at once",
        "keep_versions": "a way back retires nothing",
        "on_failure": "the way back from a way back would be the rejected version",
        "on_source_error": "no source is read",
        "hash_key": "no value is compared",
    },
}


def handed_on(playbook: str) -> dict[str, str]:
    """Return what a playbook gives for each option, as it stands there."""
    plays = yaml.safe_load((PLAYBOOKS / f"{playbook}.yml").read_text())
    (working,) = [play for play in plays if "module_defaults" in play]
    (block,) = [task["block"] for task in working["tasks"] if "block" in task]
    included = PLAYBOOKS / "tasks" / f"{playbook}_call.yml"
    tasks = yaml.safe_load(included.read_text()) if included.exists() else block
    (options,) = [task[MODULE] for task in tasks if MODULE in task]
    connection = working["module_defaults"][GROUP]
    assert not connection.keys() & options.keys()
    return {**connection, **options}


def expected(option: str, argument: dict[str, t.Any]) -> str:
    """Return how an option is handed on: empty text and null are no answer, 0 and false are one."""
    variable = f"swarmvault_{option}"
    if argument["type"] == "list":
        return f"{{{{ {variable}_list or omit }}}}"
    return f"{{{{ {variable} if {variable} | default('') not in ['', none] else omit }}}}"


@pytest.mark.parametrize("playbook", ["rotate", "rollback"])
def test_a_playbook_hands_every_option_on(playbook: str) -> None:
    given = handed_on(playbook)
    left_out = OWN[playbook] | UNUSED[playbook].keys()
    arguments = {**ROTATE_ARGUMENTS, **CONNECTIONS}
    wanted = {
        option: expected(option, argument)
        for option, argument in arguments.items()
        if option not in left_out
    }
    assert {key: value for key, value in given.items() if key not in OWN[playbook]} == wanted
    assert OWN[playbook] <= given.keys()


def test_every_list_may_be_text() -> None:
    variables = yaml.safe_load((PLAYBOOKS / "vars" / "request.yml").read_text())
    given = handed_on("rotate")
    lists = [option for option in CONNECTIONS if CONNECTIONS[option]["type"] == "list"]
    lists += [option for option in given if ROTATE_ARGUMENTS.get(option, {}).get("type") == "list"]
    for option in {*lists} - OWN["rotate"]:
        name = f"swarmvault_{option}"
        assert (
            variables[f"{name}_list"].split()
            == (
                f"{{{{ ({name} | default('', true)).replace(',', ' ').split() "
                f"if {name} | default('', true) is string else {name} }}}}"
            ).split()
        )
