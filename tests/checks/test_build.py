# SPDX-License-Identifier: GPL-3.0-or-later
"""What users get is what belongs to the collection: all of it, and nothing of the workshop."""

from __future__ import annotations

import tarfile
from pathlib import Path

from tests.checks.sources import source_files

SHIPPED_FOLDERS = {
    "changelogs",
    "docs",
    "meta",
    "playbooks",
    "plugins",
    "roles",
    "secretprovider",
}
SHIPPED_FILES = {
    "CHANGELOG.rst",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "bindep.txt",
    "requirements.txt",
}
ADDED_BY_THE_BUILD = {"FILES.json", "MANIFEST.json"}


def test_tarball_holds_exactly_the_product(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        packed = {member.name for member in archive if member.isfile()}
    expected = ADDED_BY_THE_BUILD | SHIPPED_FILES
    expected |= {str(f) for f in source_files() if f.parts[0] in SHIPPED_FOLDERS}
    assert {"too much": packed - expected, "missing": expected - packed} == {
        "too much": set(),
        "missing": set(),
    }
