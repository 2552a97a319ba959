# SPDX-License-Identifier: GPL-3.0-or-later
"""Changelog fragments have one shape, and the changelog can be made from them at any time.

None of these tests wants the changelog to know the newest fragment already: it is made anew by
``make changelog`` and for a release.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from release import changelog
from release.checkout import version_of
from tests.checks.tools import run_tool
from tests.collection_path import ROOT

FRAGMENTS = sorted((ROOT / changelog.FRAGMENTS).glob("*"))
BEGINNING = "# SPDX-License-Identifier: GPL-3.0-or-later\n---\n"
#: What it is about, a hyphen, then sentences that say by themselves what is new.
CHANGE = re.compile(r"[\w, ]+ - \S.*\.")


def test_fragments_are_well_formed(collection_copy: Path) -> None:
    run_tool("antsibull-changelog", "lint", cwd=collection_copy)


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda file: file.name)
def test_fragments_have_one_shape(fragment: Path) -> None:
    text = fragment.read_text()
    assert fragment.suffix == ".yml"
    assert text.startswith(BEGINNING)
    for section, changes in yaml.safe_load(text).items():
        if section == "release_summary" or section.startswith("add "):
            continue
        # Folded, so that a colon in a sentence cannot make a mapping of it.
        assert text.count("\n  - >-\n") == text.count("\n  - "), "write each change below '- >-'"
        assert [change for change in changes if not CHANGE.fullmatch(change)] == [], (
            "begin with what it is about: 'swarm_secret_rotate - does this and that.'"
        )


@pytest.mark.skipif(not FRAGMENTS, reason="just released: nothing is new")
def test_changelog_can_be_made_from_all_fragments(collection_copy: Path) -> None:
    version = version_of(collection_copy)
    used_up = changelog.rewrite(collection_copy, version, "2020-02-20")
    assert [file.name for file in used_up] == [file.name for file in FRAGMENTS]
    assert f"v{version}\n" in (collection_copy / changelog.TEXT).read_text()
    assert changelog.date_of(collection_copy, version) == "2020-02-20"


def test_changelog_is_made_anew_as_often_as_wanted(collection_copy: Path) -> None:
    version = version_of(collection_copy)
    fragment = collection_copy / changelog.FRAGMENTS / "zebra.yml"
    text = collection_copy / changelog.TEXT
    for word in ("striped", "spotted"):
        fragment.write_text(f"{BEGINNING}bugfixes:\n  - >-\n    zebra - is {word}.\n")
        changelog.rewrite(collection_copy, version, "2020-02-20")
        assert text.read_text().count("zebra - ") == 1
        assert f"zebra - is {word}." in text.read_text()


def test_changelog_is_what_its_history_gives(collection_copy: Path) -> None:
    text = collection_copy / changelog.TEXT
    before = text.read_text()
    run_tool("antsibull-changelog", "lint-changelog-yaml", changelog.HISTORY, cwd=collection_copy)
    run_tool("antsibull-changelog", "generate", cwd=collection_copy)
    assert text.read_text() == before
