# SPDX-License-Identifier: GPL-3.0-or-later
"""The threat model promises nothing that no test holds: every test it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.checks.sources import source_files, text_of
from tests.collection_path import ROOT

PAGE = Path("docs/docsite/rst/guide_security.rst")
PROMISES, NEXT_SECTION = "\nWhat is promised\n", "\nWhat is not protected\n"
NAMED_TEST = re.compile(r"``(tests/[^`:]+)::([^`]+)``")
NAMED_CASE = re.compile(r"\bcase ([A-Z]+\d+)\b")


def page() -> str:
    return text_of(PAGE) or ""


def promises() -> dict[str, str]:
    """Give the text below each promise: definitions, whose terms alone begin a line."""
    section = page().split(PROMISES, 1)[1].split(NEXT_SECTION, 1)[0]
    parts = re.split(r"^(?=[A-Z])", section, flags=re.MULTILINE)[1:]
    return {text.splitlines()[0]: text for text in parts}


@cache
def functions_in(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@cache
def marked_cases() -> frozenset[str]:
    """Give the numbers that some test is marked with."""
    found = set()
    for file in source_files():
        if file.suffix != ".py" or file.parts[0] != "tests":
            continue
        for node in ast.walk(ast.parse(text_of(file) or "")):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.case":
                found |= {str(a.value) for a in node.args if isinstance(a, ast.Constant)}
    return frozenset(found)


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = NAMED_TEST.findall(page())
    missing = [f"{file}::{test}" for file, test in named if test not in functions_in(file)]
    assert named
    assert missing == []
    # None that the check overlooks because it is written in another way.
    assert page().count("``tests/") == len(named)


def test_every_case_that_the_threat_model_names_is_shown_by_a_test() -> None:
    named = set(NAMED_CASE.findall(page()))
    assert "V1" in named
    assert named - marked_cases() == set()


def test_every_promise_names_a_test_that_holds_it() -> None:
    found = promises()
    assert len(found) > 5
    bare = [
        name for name, text in found.items() if "*Held by*" not in text or "``tests/" not in text
    ]
    assert bare == []
