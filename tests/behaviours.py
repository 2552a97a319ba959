# SPDX-License-Identifier: GPL-3.0-or-later
"""After the tests: each behaviour that was shown end to end by name, and each case by number.

``@pytest.mark.case("V1")`` says which reported case a test shows, at whatever level it does.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict

if t.TYPE_CHECKING:
    import pytest

END_TO_END = "tests/e2e/"
MARKS = {"passed": "ok", "failed": "!!", "error": "!!"}
CASE = "case"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers", f"{CASE}(*numbers): the reported cases that the test shows, such as V1 or N10"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand the numbers over with each report: markers stay behind in pytest-xdist's workers."""
    for item in items:
        for marker in item.iter_markers(CASE):
            item.user_properties += [(CASE, number) for number in marker.args]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the report, by file, in the words of the tests' names."""
    shown: dict[str, list[str]] = defaultdict(list)
    cases: dict[str, list[str]] = defaultdict(list)
    for outcome, mark in MARKS.items():
        for report in terminalreporter.getreports(outcome):
            if mark == "ok" and report.when != "call":
                continue
            file, _separator, name = report.nodeid.partition("::")
            text = f"{mark}  {name.removeprefix('test_').replace('_', ' ')}"
            # A file that cannot be imported has a report of another kind.
            for key, number in getattr(report, "user_properties", ()):
                if key == CASE:
                    cases[str(number)].append(text)
            if file.startswith(END_TO_END):
                short = file.removeprefix(END_TO_END).removesuffix(".py").replace("test_", "")
                shown[short].append(text)
    _print(terminalreporter, "behaviours shown end to end", shown, sorted(shown))
    _print(terminalreporter, "cases shown", cases, sorted(cases, key=_in_order))


def _in_order(case: str) -> tuple[str, int]:
    """N2 comes before N10."""
    letters = case.rstrip("0123456789")
    return letters, int(case[len(letters) :] or 0)


def _print(
    reporter: pytest.TerminalReporter,
    title: str,
    shown: t.Mapping[str, list[str]],
    order: t.Iterable[str],
) -> None:
    if not shown:
        return
    reporter.section(title)
    for heading in order:
        reporter.write_line(heading)
        for line in sorted(shown[heading]):
            reporter.write_line(f"  {line}")
