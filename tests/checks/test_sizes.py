# SPDX-License-Identifier: GPL-3.0-or-later
"""Product code stays in files that one can read in a sitting."""

from __future__ import annotations

from tests.checks.sources import source_files, text_of

PRODUCT = {"extensions", "playbooks", "plugins", "roles"}
MOST_LINES = 400


def test_no_product_file_is_too_long() -> None:
    files = [file for file in source_files() if file.parts[0] in PRODUCT]
    lengths = {str(file): len((text_of(file) or "").splitlines()) for file in files}
    assert {file: lines for file, lines in lengths.items() if lines > MOST_LINES} == {}
