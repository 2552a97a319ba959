# SPDX-License-Identifier: GPL-3.0-or-later
"""What GitHub reads is what it takes, and runs only what is there and cannot be moved."""

from __future__ import annotations

import re
import shlex
import typing as t

import pytest
import yaml

from tests.checks.tools import run_tool
from tests.collection_path import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(
    set((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"}
)

#: A commit, and beside it for people the release that it is.
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
TARGET = re.compile(r"^([a-z][a-z0-9-]*):", re.MULTILINE)


def make_targets_in(command: str) -> list[str]:
    """Name the targets that a shell line asks make for."""
    words = shlex.split(command)
    if "make" not in words:
        return []
    arguments = words[words.index("make") + 1 :]
    return [word for word in arguments if not word.startswith("-") and "=" not in word]


def run_lines(text: str) -> t.Iterator[str]:
    """Give each line of shell in a workflow."""
    for job in yaml.safe_load(text)["jobs"].values():
        for step in job["steps"]:
            yield from step.get("run", "").splitlines()


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-issue-forms", FORMS),
        ("github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
    ],
    ids=["workflows", "issue forms", "issue chooser"],
)
def test_github_would_take_it(schema: str, files: list[str]) -> None:
    assert files
    run_tool("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


def test_workflows_are_safe() -> None:
    run_tool("zizmor", "--offline", "--quiet", "--persona=pedantic", *WORKFLOWS)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned_by_commit(workflow: t.Any) -> None:
    uses = [line.strip("- ") for line in workflow.read_text().splitlines() if "uses:" in line]
    assert [line for line in uses if not PINNED.match(line)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.stem)
def test_workflows_run_targets_that_make_knows(workflow: t.Any) -> None:
    asked = {name for line in run_lines(workflow.read_text()) for name in make_targets_in(line)}
    assert asked
    assert asked - set(TARGET.findall((ROOT / "Makefile").read_text())) == set()


def test_workflows_run_what_ci_runs() -> None:
    """A target that .ci/run has and no workflow would be looked at here and not there."""
    asked = {
        name
        for workflow in WORKFLOWS
        for line in run_lines(workflow.read_text())
        for name in make_targets_in(line)
    }
    own = (ROOT / ".ci" / "run").read_text().splitlines()
    wanted = {name for line in own for name in make_targets_in(line.split("<")[0].split("#")[0])}
    assert wanted
    assert wanted - asked == set()
