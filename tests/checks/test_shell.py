# SPDX-License-Identifier: GPL-3.0-or-later
"""Shell scripts, also those whose name does not end in .sh, pass shellcheck."""

from __future__ import annotations

import re

from tests.checks.sources import source_files, text_of
from tests.checks.tools import run_tool

SHELL = re.compile(r"#!.*\b(?:ba|da)?sh\b")


def test_shellcheck_finds_nothing() -> None:
    scripts = [file for file in source_files() if SHELL.match(text_of(file) or "")]
    run_tool("shellcheck", *scripts)
