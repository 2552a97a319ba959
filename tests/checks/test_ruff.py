# SPDX-License-Identifier: GPL-3.0-or-later
"""Python style: the rules of pyproject.toml, and one formatting that nobody argues about."""

from __future__ import annotations

from tests.checks.tools import run_tool


def test_ruff_finds_nothing() -> None:
    run_tool("ruff", "check", "--output-format=concise", ".")


def test_code_is_formatted() -> None:
    run_tool("ruff", "format", "--check", "--diff", ".")
