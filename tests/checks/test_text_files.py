# SPDX-License-Identifier: GPL-3.0-or-later
"""Text files hold to what .editorconfig asks of every one of them, whatever editor wrote them."""

from __future__ import annotations

from tests.checks.sources import source_files, text_of


def faults(text: str) -> list[str]:
    """Tell what is wrong with a text: its line ends, and what stands in front of them."""
    found = []
    if "\r" in text:
        found.append("carriage return")
    if text and not text.endswith("\n"):
        found.append("no newline at the end")
    if text.endswith("\n\n"):
        found.append("empty lines at the end")
    trailing = [n for n, line in enumerate(text.split("\n"), 1) if line != line.rstrip(" \t")]
    if trailing:
        found.append(f"blanks at the end of lines {trailing}")
    return found


def test_faults_are_found() -> None:
    assert faults("a\n") == faults("") == []
    assert faults("a\r\n") == ["carriage return"]
    assert faults("a") == ["no newline at the end"]
    assert faults("a\n\n") == ["empty lines at the end"]
    assert faults("a \nb\n\t\n") == ["blanks at the end of lines [1, 3]"]


def test_text_files_end_their_lines_alike() -> None:
    wrong = {str(file): faults(text_of(file) or "") for file in source_files()}
    assert {file: found for file, found in wrong.items() if found} == {}
