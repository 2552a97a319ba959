# SPDX-License-Identifier: GPL-3.0-or-later
"""Changelog fragments are well formed, and a release can be made from them at any time."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.checks.tools import run_tool


def test_fragments_are_well_formed(collection_copy: Path) -> None:
    run_tool("antsibull-changelog", "lint", cwd=collection_copy)


def test_changelog_can_be_made(collection_copy: Path) -> None:
    version = yaml.safe_load((collection_copy / "galaxy.yml").read_text())["version"]
    history = collection_copy / "changelogs" / "changelog.yaml"
    released = yaml.safe_load(history.read_text())["releases"] if history.exists() else {}
    # Between a release and the raise of the version there is nothing to release.
    command = "generate" if version in released else "release"
    run_tool("antsibull-changelog", command, cwd=collection_copy)
    assert f"v{version}" in (collection_copy / "CHANGELOG.rst").read_text()
