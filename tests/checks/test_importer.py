# SPDX-License-Identifier: GPL-3.0-or-later
"""Galaxy would take the collection: its own importer, as it runs on every upload."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.checks.tools import run_tool, tool_environment


def test_galaxy_importer_accepts_the_tarball(tarball: Path, tmp_path: Path) -> None:
    environment = tool_environment(
        GALAXY_IMPORTER_CHECK_REQUIRED_TAGS="true",
        GALAXY_IMPORTER_RUN_FLAKE8="false",  # ruff looks at the same, with our line length
        GALAXY_IMPORTER_TMP_ROOT_DIR=str(tmp_path),
    )
    command = [sys.executable, "-m", "galaxy_importer.main", tarball]
    printed = run_tool(*command, cwd=tmp_path, environment=environment)
    complaints = [line for line in printed.splitlines() if line.startswith(("WARNING", "ERROR"))]
    assert not complaints, printed
