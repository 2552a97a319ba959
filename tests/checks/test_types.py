# SPDX-License-Identifier: GPL-3.0-or-later
"""Core and adapters are fully typed, and so is the Docker plugin that stands on them."""

from __future__ import annotations

import pytest

from tests.checks.tools import NAME, NAMESPACE, run_tool
from tests.collection_path import ROOT, link_plugin

MODULE_UTILS = ROOT / "plugins" / "module_utils"
PACKAGES = sorted(
    folder.name for folder in MODULE_UTILS.glob("_*/") if folder.name != "__pycache__"
)


def test_core_and_adapters_are_strictly_typed() -> None:
    if not PACKAGES:
        pytest.skip("no packages in plugins/module_utils yet")
    names = [f"ansible_collections.{NAMESPACE}.{NAME}.plugins.module_utils.{p}" for p in PACKAGES]
    arguments = [argument for name in names for argument in ("-p", name)]
    run_tool("mypy", "--strict", "--cache-dir=.cache/mypy", *arguments)


def test_what_runs_on_the_controller_for_a_module_is_strictly_typed() -> None:
    package = f"ansible_collections.{NAMESPACE}.{NAME}.plugins.action"
    run_tool("mypy", "--strict", "--cache-dir=.cache/mypy", "-p", package)


def test_the_docker_plugin_and_its_build_are_strictly_typed() -> None:
    link_plugin()
    packages = ["-p", "swarmvault_secretprovider", "-p", "builder"]
    run_tool("mypy", "--strict", "--cache-dir=.cache/mypy", *packages)
