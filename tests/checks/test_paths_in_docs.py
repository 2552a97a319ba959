# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages that lead contributors to files name only files that are there."""

from __future__ import annotations

import re

import pytest

from tests.checks.sources import source_files, text_of
from tests.collection_path import ROOT

PAGES = [
    file
    for file in source_files()
    if file.name in {"CONTRIBUTING.md", "README.md", "SECURITY.md", "guide_architecture.rst"}
]
MODULE_UTILS = ROOT / "plugins" / "module_utils"

#: In code, or as a line of a listing: something with a slash that begins with a folder of ours.
FOLDERS = "|".join(sorted({file.parts[0] for file in source_files() if len(file.parts) > 1}))
PATH = re.compile(rf"(?:`|^)((?:_[a-z]+|{FOLDERS})/[\w./-]*)(?=`|\s|:|$)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_path_that_a_page_names_is_there(page: object) -> None:
    text = text_of(ROOT / str(page)) or ""
    named = set(PATH.findall(text))
    places = {name: (MODULE_UTILS if name.startswith("_") else ROOT) / name for name in named}
    assert sorted(name for name, place in places.items() if not place.exists()) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.suffix == ".md"], ids=str)
def test_every_link_within_the_project_leads_somewhere(page: object) -> None:
    folder = (ROOT / str(page)).parent
    linked = LINK.findall(text_of(ROOT / str(page)) or "")
    assert [link for link in linked if not (folder / link).exists()] == []


def test_the_pages_that_lead_contributors_name_paths() -> None:
    """None that the pattern overlooks, because it is written in another way."""
    found = {file.name: len(set(PATH.findall(text_of(file) or ""))) for file in PAGES}
    assert found["CONTRIBUTING.md"] > 40
    assert found["guide_architecture.rst"] > 10
