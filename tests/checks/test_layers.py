# SPDX-License-Identifier: GPL-3.0-or-later
"""Each layer imports only from those below it, and the SDKs stay behind their adapter."""

from __future__ import annotations

import ast

import pytest

from tests.checks.imports import MODULE_UTILS, imports_of
from tests.collection_path import ROOT

SDKS = {"docker", "hvac", "requests"}
# What a module does: each knows nothing of the others.
CORES = {"_credentials", "_hash", "_plugin", "_rotation"}
# Core and adapters also run in the Docker plugin, where there is no Ansible.
FORBIDDEN = {
    "_common": {*SDKS, "ansible", "_ansible", *CORES, "_swarm", "_vault"},
    "_swarm": {"ansible", "hvac", "_ansible", *CORES, "_vault"},
    "_vault": {"ansible", "docker", "_ansible", *CORES, "_swarm"},
    "_credentials": {*SDKS, "ansible", "_ansible", *(CORES - {"_credentials"}), "_swarm"},
    "_hash": {*SDKS, "ansible", "_ansible", *(CORES - {"_hash"}), "_swarm"},
    "_plugin": {*SDKS, "ansible", "_ansible", *(CORES - {"_plugin"}), "_vault"},
    "_rotation": {*SDKS, "ansible", "_ansible", *(CORES - {"_rotation"})},
}
# It carries the core as a package of its own.
NOT_IN_THE_PLUGIN = {"ansible", "ansible_collections"}


@pytest.mark.parametrize("layer", sorted(FORBIDDEN))
def test_layer_imports_only_from_below(layer: str) -> None:
    wrong = {
        f"{found.file.relative_to(ROOT)}:{found.line}: {found.name}"
        for file in sorted((MODULE_UTILS / layer).rglob("*.py"))
        for found in imports_of(file)
        if found.name.split(".")[0] in FORBIDDEN[layer]
    }
    assert wrong == set()


def test_the_docker_plugin_imports_neither_ansible_nor_the_collection() -> None:
    wrong = {
        f"{file.relative_to(ROOT)}:{node.lineno}: {name}"
        for file in sorted((ROOT / "secretprovider").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in _imported(node)
        if name.split(".")[0] in NOT_IN_THE_PLUGIN or name.startswith("swarmvault_core._ansible")
    }
    assert wrong == set()


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names if node.level == 0]
    return [alias.name for alias in node.names]
