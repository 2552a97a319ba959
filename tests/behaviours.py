# SPDX-License-Identifier: GPL-3.0-or-later
"""After the tests: each behaviour that was shown end to end, by name."""

from __future__ import annotations

import typing as t
from collections import defaultdict

if t.TYPE_CHECKING:
    import pytest

END_TO_END = "tests/e2e/"
MARKS = {"passed": "ok", "failed": "!!", "error": "!!"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the report, by file, in the words of the tests' names."""
    shown: dict[str, list[str]] = defaultdict(list)
    for outcome, mark in MARKS.items():
        for report in terminalreporter.getreports(outcome):
            if not report.nodeid.startswith(END_TO_END) or (mark == "ok" and report.when != "call"):
                continue
            file, _separator, name = report.nodeid.removeprefix(END_TO_END).partition("::")
            text = name.removeprefix("test_").replace("_", " ")
            shown[file.removesuffix(".py").replace("test_", "")].append(f"{mark}  {text}")
    if not shown:
        return
    terminalreporter.section("behaviours shown end to end")
    for file in sorted(shown):
        terminalreporter.write_line(file)
        for line in sorted(shown[file]):
            terminalreporter.write_line(f"  {line}")
