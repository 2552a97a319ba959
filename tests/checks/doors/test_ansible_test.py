# SPDX-License-Identifier: GPL-3.0-or-later
"""``ansible-test`` finds what there is to run, by the doors that everybody expects.

What it finds is run elsewhere: the unit tests by pytest, the targets in tests/e2e/ansible.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest
import yaml

from tests.checks.sanity.bootstrap import provide_get_pip
from tests.checks.sources import copy_collection, source_files
from tests.checks.tools import BIN, run_tool, tool_environment
from tests.collection_path import ROOT

# Kept between runs: ansible-test remembers there what it has installed.
WORKSHOP = ROOT / ".cache" / "ansible-test"
INTEGRATION = ROOT / "tests" / "integration"
TARGETS = INTEGRATION / "targets"
MODULES = sorted(module.stem for module in (ROOT / "plugins" / "modules").glob("[!_]*.py"))


def ansible_test(*command: str) -> str:
    """Run ansible-test with this interpreter, in a copy where it expects a collection."""
    spec = importlib.util.find_spec("ansible_test")
    assert spec is not None
    assert spec.origin is not None
    provide_get_pip(Path(spec.origin).parent)
    # Real interpreters only: ansible-test cannot work with the wrappers of a version manager.
    path = os.pathsep.join([str(BIN), "/usr/local/bin", "/usr/bin", "/bin"])
    return run_tool(
        *[BIN / "ansible-test", *command, "--color", "no"],
        cwd=copy_collection(WORKSHOP),
        environment=tool_environment(PATH=path),
    )


def test_every_unit_test_is_found_and_can_be_imported() -> None:
    """Tests of what runs on hosts are collected without what only controllers have."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    printed = ansible_test("units", "--venv", "--python", python, "--collect-only")
    unit_tests = {
        file.name
        for file in source_files()
        if file.parts[:2] == ("tests", "unit") and file.name.startswith("test_")
    }
    assert unit_tests - set(re.findall(r"<Module (?:\S*/)?(\w+\.py)>", printed)) == set()


def test_there_is_a_target_for_each_module() -> None:
    listed = ansible_test("integration", "--list-targets").splitlines()
    assert [line for line in listed if line in MODULES] == MODULES


@pytest.mark.parametrize("target", MODULES)
def test_a_target_uses_its_module_and_only_settings_that_are_described(target: str) -> None:
    files = [*(TARGETS / target).rglob("*.yml"), *(TARGETS / "setup_vault").rglob("*.yml")]
    text = "".join(file.read_text() for file in files)
    assert f"swarmvault.secrets.{target}:" in text
    described = yaml.safe_load((INTEGRATION / "integration_config.yml.template").read_text())
    assert set(re.findall(r"\bintegration_\w+", text)) - described.keys() <= {"integration_config"}


def requirements(file: str) -> dict[str, str]:
    """Return each requirement of a file, with what is asked of its version."""
    lines = (ROOT / file).read_text().splitlines()
    found = (re.match(r"([\w.-]+)([<>=]=.*)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def test_it_installs_what_everything_else_does() -> None:
    pins = requirements("tests/requirements.txt") | requirements("tests/testbed/requirements.txt")
    units = requirements("tests/unit/requirements.txt")
    assert units
    assert units.items() <= pins.items()
    assert requirements("tests/integration/requirements.txt") == requirements("requirements.txt")
