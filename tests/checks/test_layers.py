# SPDX-License-Identifier: GPL-3.0-or-later
"""Each layer imports only from those below it, and the SDKs stay behind their adapter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collection_path import ROOT

MODULE_UTILS = ROOT / "plugins" / "module_utils"
OWN = ["ansible_collections", "swarmvault", "secrets", "plugins", "module_utils"]

SDKS = {"docker", "hvac", "requests"}
# Core and adapters also run in the Docker plugin, where there is no Ansible.
FORBIDDEN = {
    "_common": {*SDKS, "ansible", "_ansible", "_hash", "_rotation", "_swarm", "_vault"},
    "_swarm": {"ansible", "hvac", "_ansible", "_hash", "_rotation", "_vault"},
    "_vault": {"ansible", "docker", "_ansible", "_hash", "_rotation", "_swarm"},
    "_hash": {*SDKS, "ansible", "_ansible", "_rotation", "_swarm"},
    "_rotation": {*SDKS, "ansible", "_ansible", "_hash"},
}


def imported(file: Path) -> Iterator[str]:
    """Name what a file imports: a package of ours by its folder, any other by its first part."""
    package = [*OWN, *file.relative_to(MODULE_UTILS).parent.parts]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = [*start, *(node.module or "").split(".")]
            names = [".".join([*filter(None, base), alias.name]) for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield parts[len(OWN)] if parts[: len(OWN)] == OWN and parts[len(OWN) :] else parts[0]


@pytest.mark.parametrize("layer", sorted(FORBIDDEN))
def test_layer_imports_only_from_below(layer: str) -> None:
    files = sorted((MODULE_UTILS / layer).rglob("*.py"))
    wrong = {str(file.relative_to(ROOT)): set(imported(file)) & FORBIDDEN[layer] for file in files}
    assert {file: names for file, names in wrong.items() if names} == {}
