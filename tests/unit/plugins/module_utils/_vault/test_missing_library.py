# SPDX-License-Identifier: GPL-3.0-or-later
"""Without ``hvac`` on the managed host everything still imports, and says what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.collection_path import COLLECTIONS

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    sys.modules[name] = None  # what makes an import fail
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


@pytest.mark.parametrize(
    ("missing", "named"), [(["hvac"], "hvac"), (["requests", "urllib3"], "requests")]
)
def test_library_interpreter_and_remedy_are_named(missing: list[str], named: str) -> None:
    command = [sys.executable, "-c", PROGRAM, COLLECTIONS, *missing]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    message, remedy = run.stdout.splitlines()
    assert f"library {named}" in message
    assert f"cannot be imported by {sys.executable}" in message
    assert f"{sys.executable} -m pip install 'hvac>=1.2'" in remedy


OLD = """
import sys
sys.path.insert(0, sys.argv[1])
import hvac
del hvac.Client.write_data
base = "ansible_collections.swarmvault.secrets.plugins.module_utils."
from importlib import import_module
options = import_module(base + "_vault.options").VaultOptions(url="https://v")
try:
    import_module(base + "_vault.connection").connect(options)
except import_module(base + "_common.errors").DependencyError as error:
    print(error)
"""


def test_one_that_is_too_old_is_told_as_such() -> None:
    command = [sys.executable, "-c", OLD, COLLECTIONS]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"hvac, which talks to Vault, is too old for {sys.executable}" in run.stdout


ONLY_DATA = """
import sys
sys.path.insert(0, sys.argv[1])
from importlib import import_module
base = "ansible_collections.swarmvault.secrets.plugins."
import_module(base + "modules.swarm_secret_rotate")
import_module(base + "module_utils._ansible.connections")
print([name for name in ("hvac", "requests") if name in sys.modules])
"""


def test_a_run_that_asks_nothing_of_vault_does_not_load_it() -> None:
    command = [sys.executable, "-c", ONLY_DATA, COLLECTIONS]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
