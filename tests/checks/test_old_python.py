# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on managed hosts works on each Python they may have, without any SDK installed there.

Every interpreter found is tried.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.checks.interpreters import interpreters
from tests.checks.tools import run_tool
from tests.collection_path import COLLECTIONS, ROOT

ON_HOSTS = sorted(
    file.relative_to(ROOT)
    for folder in ("plugins/module_utils", "plugins/modules")
    for file in (ROOT / folder).rglob("*.py")
)
IMPORT_ALL = Path(__file__).with_name("import_all.py")


@pytest.mark.parametrize("python", interpreters())
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
