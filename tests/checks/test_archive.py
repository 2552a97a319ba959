# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's archive is loaded as Python itself would, but each file is compiled only once."""

from __future__ import annotations

import json
import sys
import typing as t
import zipfile
from pathlib import Path

import pytest

from tests.checks.interpreters import interpreters
from tests.checks.tools import run_tool
from tests.collection_path import ROOT

ARCHIVE = ROOT / "plugins" / "module_utils" / "_ansible" / "archive.py"
COMPILED = Path(__file__).with_name("compiled.py")
FILES = {
    "sent/__init__.py": "",
    "sent/archive.py": ARCHIVE.read_text(encoding="utf-8"),
    "sent/one.py": "def one(): pass",
    "sent/deeper/__init__.py": "from . import two",
    "sent/deeper/two.py": "def two(): pass",
}
LOADED = ["sent/deeper/__init__.py", "sent/deeper/two.py", "sent/one.py"]


def loaded(python: str, how: str, tmp_path: Path) -> dict[str, t.Any]:
    archive = tmp_path / "sent.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, text in FILES.items():
            file.writestr(name, text)
    names = ("sent.one", "sent.deeper", "sent.deeper.two")
    # -S: without what is installed beside it, and what that loads.
    answer = run_tool(python, "-S", COMPILED, archive, how, "sent.archive", *names)
    found: dict[str, t.Any] = json.loads(answer)
    return found


@pytest.mark.parametrize("python", interpreters())
def test_every_file_is_compiled_once_and_called_the_same(python: str, tmp_path: Path) -> None:
    usual, ours = (loaded(python, how, tmp_path) for how in ("as usual", "once"))
    assert ours["compiled"] == dict.fromkeys(LOADED, 1)
    # Should Python have learned it by itself, the file is no longer needed.
    assert usual["compiled"] == dict.fromkeys(LOADED, 2)
    assert ours["files"] == usual["files"]
    assert ours["functions"] == usual["functions"]
    assert ours["looks_after"] > usual["looks_after"]


def test_outside_of_an_archive_nothing_is_changed() -> None:
    script = (
        "from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import archive;"
        "import gc, sys;"
        "state = lambda: (list(sys.path_hooks), dict(sys.path_importer_cache), gc.get_threshold());"
        "before = state(); archive.load_quickly(); print(state() == before)"
    )
    folder = ROOT / ".cache" / "collections"
    assert run_tool(sys.executable, "-c", script, cwd=folder).strip() == "True"
