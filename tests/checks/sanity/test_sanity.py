# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own sanity tests, all of them, with the ansible-core of this environment.

``SANITY_PYTHONS="python3.12 python3.13"`` adds runs with other interpreters, each with the
ansible-core that tests/requirements.txt names for it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.checks.sanity.bootstrap import provide_get_pip
from tests.checks.sources import copy_collection
from tests.checks.tools import BIN, run_tool, tool_environment
from tests.collection_path import ROOT

# Kept between runs: ansible-test remembers there what it need not do again.
WORKSHOP = ROOT / ".cache" / "sanity"
ENVIRONMENTS = ROOT / ".cache" / "sanity-environments"
OTHER_PYTHONS = os.environ.get("SANITY_PYTHONS", "").split()


def tools_for(python: str) -> Path:
    """Give the folder with ansible-core's commands for an interpreter, once installed."""
    environment = ENVIRONMENTS / Path(python).name
    if not (environment / "bin" / "ansible-test").exists():
        run_tool(python, "-m", "venv", "--clear", environment)
        pins = ["--constraint", ROOT / "tests" / "requirements.txt"]
        install = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", *pins]
        run_tool(*install, "ansible-core")
    return environment / "bin"


def ask(tools: Path, code: str) -> str:
    """Run a line of Python with the interpreter of a tools folder."""
    return run_tool(tools / "python", "-c", code).strip()


@pytest.mark.parametrize("python", ["own", *OTHER_PYTHONS])
def test_sanity(python: str) -> None:
    tools = BIN if python == "own" else tools_for(python)
    package = ask(tools, "import importlib.util as u; print(u.find_spec('ansible_test').origin)")
    provide_get_pip(Path(package).parent)
    version = ask(tools, "import sys; print('%d.%d' % sys.version_info[:2])")

    # Real interpreters only: ansible-test cannot work with the wrappers of a version manager.
    path = [str(tools), str(BIN), "/usr/local/bin", "/usr/bin", "/bin"]
    run_tool(
        tools / "ansible-test",
        *["sanity", "--python", version, "--color", "no", "--truncate", "0"],
        cwd=copy_collection(WORKSHOP),
        environment=tool_environment(PATH=os.pathsep.join(path)),
    )
