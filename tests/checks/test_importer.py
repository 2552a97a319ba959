# SPDX-License-Identifier: GPL-3.0-or-later
"""Galaxy would take the collection: its own importer, as it runs on every upload."""

from __future__ import annotations

from pathlib import Path

from release.package import check_with_importer


def test_galaxy_importer_accepts_the_tarball(tarball: Path, tmp_path: Path) -> None:
    check_with_importer(tarball, tmp_path)
