# SPDX-License-Identifier: GPL-3.0-or-later
"""Every YAML file is one, and written alike: those that no other tool reads included."""

from __future__ import annotations

from tests.checks.tools import run_tool


def test_yamllint_finds_nothing() -> None:
    run_tool("yamllint", "--strict", ".")
