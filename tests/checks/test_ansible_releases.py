# SPDX-License-Identifier: GPL-3.0-or-later
"""The releases of ansible-core that tests run are those the collection says it supports."""

from __future__ import annotations

import re

import yaml

from tests.collection_path import ROOT
from tests.e2e.support.releases import RELEASES


def test_every_line_from_the_oldest_supported_on_is_tested() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert runtime["requires_ansible"] == f">={RELEASES[0].line}.0"
    minors = [int(release.line.removeprefix("2.")) for release in RELEASES]
    assert minors == list(range(minors[0], minors[-1] + 1))


def test_the_tools_have_releases_that_are_tested() -> None:
    pins = (ROOT / "tests" / "requirements.txt").read_text()
    assert set(re.findall(r"^ansible-core==([\d.]+)", pins, re.MULTILINE)) <= {
        release.version for release in RELEASES
    }


def test_the_readme_names_the_oldest_and_the_newest() -> None:
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert f"ansible-core {RELEASES[0].line} or newer" in readme
    assert f"tested with each release line up to {RELEASES[-1].line}" in readme
