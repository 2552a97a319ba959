# SPDX-License-Identifier: GPL-3.0-or-later
"""The built collection works from its full name alone, installed offline, in an empty folder."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from tests.checks.tools import FQCN, run_tool, tool_environment
from tests.collection_path import ROOT

MODULES = sorted(module.stem for module in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
PLAYBOOKS = sorted(playbook.stem for playbook in (ROOT / "playbooks").glob("*.yml"))


@pytest.mark.parametrize("module", MODULES)
def test_module_documentation_is_shown(module: str, installed: Path, tmp_path: Path) -> None:
    name = f"{FQCN}.{module}"
    command = ["ansible-doc", "--type", "module", "--json", name]
    environment = tool_environment(ANSIBLE_COLLECTIONS_PATH=str(installed))
    shown = json.loads(run_tool(*command, cwd=tmp_path, environment=environment))
    assert shown[name]["doc"]["short_description"]
    assert shown[name]["examples"]
    assert shown[name]["return"]


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_playbook_is_found_by_its_name(playbook: str, installed: Path, tmp_path: Path) -> None:
    command = ["ansible-playbook", "-i", "localhost,", "--syntax-check", f"{FQCN}.{playbook}"]
    environment = tool_environment(ANSIBLE_COLLECTIONS_PATH=str(installed))
    run_tool(*command, cwd=tmp_path, environment=environment)


def run_task(options: str, installed: Path, folder: Path) -> str:
    """Run one swarm_secret_rotate task from a playbook in an empty folder."""
    playbook = folder / "playbook.yml"
    playbook.write_text(
        textwrap.dedent(f"""\
        - hosts: localhost
          gather_facts: false
          vars:
            ansible_connection: local
            ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
          tasks:
            - {FQCN}.swarm_secret_rotate: {options}
        """)
    )
    command = ["ansible-playbook", "-i", "localhost,", playbook]
    environment = tool_environment(ANSIBLE_COLLECTIONS_PATH=str(installed))
    return run_tool(*command, cwd=folder, environment=environment, may_fail=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{state: sideways}", "value of state must be one of:"),
        ("{secrets: [{vault_path: db}]}", "missing required arguments: name found in secrets"),
        ("{wait_timeout: soon}", "wait_timeout"),
    ],
)
def test_bad_input_is_refused_clearly(
    options: str, message: str, installed: Path, tmp_path: Path
) -> None:
    printed = run_task(options, installed, tmp_path)
    assert "failed=1" in printed, printed
    assert message in printed, printed
    assert "Traceback" not in printed, printed
