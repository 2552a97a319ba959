# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML site can be built without a network and without a warning, and has a page for all."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from docsite.__main__ import build
from tests.checks.sources import copy_collection
from tests.collection_path import ROOT

#: Nobody listens there: whatever asks for something outside fails.
NOWHERE = "http://127.0.0.1:9"
PAGES = ROOT / "docs" / "docsite" / "rst"
IMAGES = sorted((PAGES / "images").glob("*"))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site from a copy; warnings fail it."""
    folder = tmp_path_factory.mktemp("site")
    copy = copy_collection(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            patch.setenv(name, NOWHERE)
        return build(folder / "docs", copy.parents[2]).parent


def test_every_plugin_has_a_page(site: Path) -> None:
    for kind, folder in (("module", "modules"), ("lookup", "lookup")):
        for plugin in (ROOT / "plugins" / folder).glob("[!_]*.py"):
            assert (site / f"{plugin.stem}_{kind}.html").is_file()


def test_every_written_page_is_reached_from_the_first(site: Path) -> None:
    first = (site / "index.html").read_text()
    extra = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text())
    listed = [page for section in extra["sections"] for page in section["toctree"]]
    assert sorted(listed) == sorted(page.stem for page in PAGES.glob("*.rst"))
    assert [page for page in listed if f'href="docsite/{page}.html"' not in first] == []


def test_the_changelog_is_there(site: Path) -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert f"v{version}" in (site / "changelog.html").read_text()


def test_pictures_can_be_read_aloud(site: Path) -> None:
    shown = "".join(page.read_text() for page in (site / "docsite").glob("*.html"))
    for image in IMAGES:
        assert (site / "_images" / image.name).is_file()
        (tag,) = re.findall(rf"<img [^>]*{re.escape(image.name)}[^>]*>", shown)
        assert re.search(r'alt="[^"]{40,}"', tag), "say in words what it shows"
        picture = ET.fromstring(image.read_text())  # noqa: S314 # our own file
        assert picture.get("role") == "img"
        assert picture.findtext(f"{SVG}title")
        assert picture.findtext(f"{SVG}desc")


def test_nothing_is_fetched_by_a_page(site: Path) -> None:
    """Whoever reads it without a network, too, sees all of it."""
    fetched = re.compile(r'(?:src|href)="(https?://[^"]+\.(?:js|css|woff2?|svg|png))"')
    pages = {str(page.name): fetched.findall(page.read_text()) for page in site.rglob("*.html")}
    assert {page: found for page, found in pages.items() if found} == {}
