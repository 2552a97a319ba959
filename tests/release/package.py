# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball, and what Galaxy's own importer says of it."""

from __future__ import annotations

import sys
from pathlib import Path

from release.errors import ReleaseError
from release.tool import run


def build(collection: Path, output: Path) -> Path:
    """Build the collection's tarball into a folder."""
    output.mkdir(parents=True, exist_ok=True)
    run("ansible-galaxy", "collection", "build", "--output-path", output, folder=collection)
    (built,) = output.glob("*.tar.gz")
    return built


def check_with_importer(tarball: Path, workshop: Path) -> None:
    """Let galaxy-importer, which runs on every upload, look at a tarball.

    :param workshop: a folder for what it unpacks.
    :raises ReleaseError: if it would refuse the tarball, or complains of anything.
    """
    printed = run(
        *[sys.executable, "-m", "galaxy_importer.main", tarball],
        folder=workshop,
        GALAXY_IMPORTER_CHECK_REQUIRED_TAGS="true",
        GALAXY_IMPORTER_RUN_FLAKE8="false",  # ruff looks at the same, with our line length
        GALAXY_IMPORTER_TMP_ROOT_DIR=str(workshop),
    )
    if any(line.startswith(("WARNING", "ERROR")) for line in printed.splitlines()):
        raise ReleaseError(f"Galaxy's importer complains:\n{printed}")
