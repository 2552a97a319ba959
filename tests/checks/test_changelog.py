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

from release import changelog, fragments
from release.checkout import version_of
from tests.checks.tools import run_tool
from tests.collection_path import ROOT

FRAGMENTS = sorted((ROOT / changelog.FRAGMENTS).glob("*"))
#: What it is about, a hyphen, then sentences that say by themselves what is new.
CHANGE = re.compile(r"[\w, ]+ - \S.*\.")


def test_fragments_are_well_formed(collection_copy: Path) -> None:
    run_tool("antsibull-changelog", "lint", cwd=collection_copy)


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda file: file.name)
def test_fragments_have_one_shape(fragment: Path) -> None:
    text = fragment.read_text()
    assert fragment.suffix == ".yml"
    assert text == fragments.shaped(text), "'make format' mends it"
    for section, changes in yaml.safe_load(text).items():
        if section == "release_summary" or section.startswith("add "):
            continue
        assert [change for change in changes if not CHANGE.fullmatch(change)] == [], (
            "begin with what it is about: 'swarm_secret_rotate - does this and that.'"
        )


def test_the_shape_changes_no_word() -> None:
    text = (
        "---\nrelease_summary: The 1st\nbugfixes:\n- a - b.\n- 'c - d: e.'\n"
        "add object.playbook:\n- {name: x, description: y z}\n"
    )
    shaped = fragments.shaped(text)
    assert yaml.safe_load(shaped) == yaml.safe_load(text)
    assert fragments.shaped(shaped) == shaped
    assert shaped.startswith("# SPDX-License-Identifier: ")
    assert shaped.count("- >-\n") == 2


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
        fragment.write_text(f"---\nbugfixes:\n  - >-\n    zebra - is {word}.\n")
        changelog.rewrite(collection_copy, version, "2020-02-20")
        assert text.read_text().count("zebra - ") == 1
        assert f"zebra - is {word}." in text.read_text()


def test_changelog_is_what_its_history_gives(collection_copy: Path) -> None:
    text = collection_copy / changelog.TEXT
    before = text.read_text()
    run_tool("antsibull-changelog", "lint-changelog-yaml", changelog.HISTORY, cwd=collection_copy)
    run_tool("antsibull-changelog", "generate", cwd=collection_copy)
    assert text.read_text() == before
