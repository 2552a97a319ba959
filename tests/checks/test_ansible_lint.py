# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks, roles, metadata and examples hold up to ansible-lint's strictest profile."""

from __future__ import annotations

from pathlib import Path

from tests.checks.tools import run_tool, tool_environment


def test_ansible_lint_finds_nothing(collection_copy: Path) -> None:
    # The folder above ansible_collections: without it the linter cannot see the action group.
    environment = tool_environment(ANSIBLE_COLLECTIONS_PATH=str(collection_copy.parents[2]))
    run_tool("ansible-lint", "--nocolor", cwd=collection_copy, environment=environment)
