# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on managed hosts works on each Python they may have, without any SDK installed there.

Every interpreter found is tried; ansible-core 2.21 supports hosts from Python 3.9 on.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.checks.tools import run_tool
from tests.collection_path import COLLECTIONS, ROOT

SUPPORTED = [f"3.{minor}" for minor in range(9, 15)]
ON_HOSTS = sorted(
    file.relative_to(ROOT)
    for folder in ("plugins/module_utils", "plugins/modules")
    for file in (ROOT / folder).rglob("*.py")
)
IMPORT_ALL = Path(__file__).with_name("import_all.py")


@cache
def interpreter(version: str) -> str | None:
    """Find a Python of this version: on the path, or kept by pyenv but switched off there."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    kept = sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))
    candidates = [shutil.which(f"python{version}"), *map(str, kept)]
    for candidate in filter(None, candidates):
        answer = subprocess.run([candidate, "-V"], stdout=subprocess.PIPE, text=True, check=False)
        if answer.stdout.startswith(f"Python {version}."):
            return candidate
    return None


@pytest.mark.parametrize("python", list(filter(None, map(interpreter, SUPPORTED))))
def test_modules_import_without_any_sdk(python: str, tmp_path: Path) -> None:
    # ansible alone: ansible-test and Ansible itself send nothing else along with a module.
    spec = importlib.util.find_spec("ansible")
    assert spec is not None
    assert spec.origin is not None
    (tmp_path / "ansible").symlink_to(Path(spec.origin).parent)

    parts = [file.with_suffix("").parts for file in ON_HOSTS]
    names = [
        ".".join(("ansible_collections.swarmvault.secrets", *part)).removesuffix(".__init__")
        for part in parts
    ]
    # -S leaves out the packages installed for that Python.
    run_tool(python, "-S", "-B", IMPORT_ALL, tmp_path, COLLECTIONS, *names)
