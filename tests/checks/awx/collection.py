# SPDX-License-Identifier: GPL-3.0-or-later
"""The real collection awx.awx: the PyPI package ansible carries it, Galaxy is not needed."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

from tests.checks.tools import run_tool
from tests.collection_path import ROOT

#: The last ansible that has awx.awx 24, the newest there is.
ANSIBLE = "12.3.0"
CACHE = ROOT / ".cache" / "awx"


def collections() -> Path:
    """Return a folder for ANSIBLE_COLLECTIONS_PATH, once downloaded."""
    kept = CACHE / ANSIBLE
    if not kept.exists():
        downloads = CACHE / "downloads"
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run_tool(*download, "--only-binary=:all:", f"--dest={downloads}", f"ansible=={ANSIBLE}")
        (wheel,) = downloads.glob("ansible-*.whl")
        partial = CACHE / "partial"
        with zipfile.ZipFile(wheel) as archive:
            wanted = [
                one for one in archive.namelist() if one.startswith("ansible_collections/awx/")
            ]
            archive.extractall(partial, wanted)
        partial.rename(kept)
        shutil.rmtree(downloads)
    return kept
