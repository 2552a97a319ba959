# SPDX-License-Identifier: GPL-3.0-or-later
"""module_utils works under any name: the Docker plugin carries a copy, without Ansible."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.checks.imports import MODULE_UTILS, OWN, imports_of, modules
from tests.checks.tools import run_tool
from tests.collection_path import ROOT

IMPORT_ALL = Path(__file__).with_name("import_all.py")
EDGE = "_ansible"


def test_every_import_of_ours_is_relative_and_stays_below_module_utils() -> None:
    wrong = [
        f"{found.file.relative_to(ROOT)}:{found.line}: {found.name}"
        for file in modules().values()
        for found in imports_of(file)
        if found.is_own != found.is_relative or found.name.startswith(OWN[0])
    ]
    assert wrong == []


def test_a_copy_under_another_name_can_be_imported(tmp_path: Path) -> None:
    skipped = shutil.ignore_patterns("__pycache__", EDGE)
    shutil.copytree(MODULE_UTILS, tmp_path / "swarmvault_core", ignore=skipped)
    names = [f"swarmvault_core.{name}" for name in modules() if not name.startswith(EDGE)]
    # -S: with nothing installed beside it, neither Ansible nor an SDK.
    run_tool(sys.executable, "-S", "-B", IMPORT_ALL, tmp_path, tmp_path, *names, cwd=tmp_path)
