# SPDX-License-Identifier: GPL-3.0-or-later
"""Plugin documentation is valid, and every reference in it leads somewhere."""

from __future__ import annotations

from pathlib import Path

from tests.checks.tools import run_tool


def test_antsibull_docs_finds_nothing(collection_copy: Path) -> None:
    command = ["antsibull-docs", "lint-collection-docs", "--plugin-docs"]
    command += ["--validate-collection-refs=self", "."]
    run_tool(*command, cwd=collection_copy)
