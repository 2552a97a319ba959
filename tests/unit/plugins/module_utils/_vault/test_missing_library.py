# SPDX-License-Identifier: GPL-3.0-or-later
"""Without ``requests`` on the managed host everything still imports, and says what is missing."""

from __future__ import annotations

import subprocess
import sys

from tests.collection_path import COLLECTIONS

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
sys.modules["requests"] = sys.modules["urllib3"] = None  # what makes an import fail
base = "ansible_collections.swarmvault.secrets.plugins.module_utils."
from importlib import import_module
connection = import_module(base + "_vault.connection")
options = import_module(base + "_vault.options").VaultOptions(url="https://v")
try:
    connection.connect(options)
except import_module(base + "_common.errors").DependencyError as error:
    print(error.message)
    print(error.remedy)
"""


def test_library_interpreter_and_remedy_are_named() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, COLLECTIONS], capture_output=True, text=True, check=True
    )
    message, remedy = run.stdout.splitlines()
    assert "library requests" in message
    assert f"cannot be imported by {sys.executable}" in message
    assert f"{sys.executable} -m pip install requests" in remedy
