# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-doc tells of each lookup, installed offline, all that a user needs to write it."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.checks.tools import FQCN, run_tool, tool_environment
from tests.collection_path import ROOT

LOOKUPS = sorted(lookup.stem for lookup in (ROOT / "plugins" / "lookup").glob("[!_]*.py"))


def ansible_doc(lookup: str, installed: Path, folder: Path, *options: str) -> str:
    """Run ansible-doc for a lookup, far away from the checkout."""
    command = ["ansible-doc", "--type", "lookup", *options, f"{FQCN}.{lookup}"]
    environment = tool_environment(ANSIBLE_COLLECTIONS_PATH=str(installed))
    return run_tool(*command, cwd=folder, environment=environment)


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_lookup_documentation_is_complete(lookup: str, installed: Path, tmp_path: Path) -> None:
    shown: dict[str, t.Any] = json.loads(ansible_doc(lookup, installed, tmp_path, "--json"))
    told = shown[f"{FQCN}.{lookup}"]
    assert told["doc"]["short_description"]
    assert told["examples"]
    assert told["return"]["_raw"]["elements"] == "str"
    options = told["doc"]["options"]
    assert options["_terms"]["required"] is True
    assert [name for name, option in options.items() if not option.get("description")] == []
    # Whatever leads to a server can be given by a variable.
    own = {name for name in options if name.startswith(("vault_url", "vault_token", "docker_host"))}
    assert own
    assert [name for name in own if not options[name].get("vars")] == []


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_lookup_documentation_reads_well(lookup: str, installed: Path, tmp_path: Path) -> None:
    text = ansible_doc(lookup, installed, tmp_path)
    assert "A lookup runs on the controller" in " ".join(text.split())
    for leftover in ("O(", "V(", "M(", "P(", "RV(", "C(", "[WARNING]"):
        assert leftover not in text
