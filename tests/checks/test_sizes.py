# SPDX-License-Identifier: GPL-3.0-or-later
"""A function of the product is read at a glance; how branched it may be, ruff knows (C90, PL)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.checks.sources import source_files, text_of

PRODUCT = {"extensions", "playbooks", "plugins", "roles", "secretprovider"}
MOST_LINES_OF_A_FUNCTION = 50
#: Only against a file that grew without anybody noticing: where a second subject shows, split it.
MOST_LINES_OF_A_FILE = 700


def product() -> dict[str, str]:
    files = [file for file in source_files() if file.parts[0] in PRODUCT]
    return {str(file): text_of(file) or "" for file in files}


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Give each function with the lines of its body, without those that document it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_is_too_long() -> None:
    long = {
        f"{file}: {name}": lines
        for file, text in product().items()
        if file.endswith(".py")
        for name, lines in functions(text)
        if lines > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


def test_no_file_is_too_long() -> None:
    lengths = {file: len(text.splitlines()) for file, text in product().items()}
    assert {file: lines for file, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}
