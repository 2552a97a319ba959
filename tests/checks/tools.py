# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a tool from a check: the tools of this environment, and their whole output on failure."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.collection_path import ROOT

NAMESPACE = "swarmvault"
NAME = "secrets"
FQCN = f"{NAMESPACE}.{NAME}"

# Not resolve(): in a virtual environment the interpreter is a link, and its tools lie beside it.
BIN = Path(sys.executable).parent


def tool_environment(**extra: str) -> dict[str, str]:
    """Give the caller's environment with our tools first and nothing that colours or redirects."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "PYTEST_"))}
    environment["PATH"] = os.pathsep.join([str(BIN), environment.get("PATH", os.defpath)])
    environment |= {"NO_COLOR": "1", "PY_COLORS": "0", "ANSIBLE_NOCOLOR": "1"}
    # What a tool says must not depend on the language of the machine, and Ansible insists on UTF-8.
    environment |= {"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    return environment | extra


def run_tool(
    *command: str | Path,
    cwd: Path = ROOT,
    environment: dict[str, str] | None = None,
    may_fail: bool = False,
) -> str:
    """Run a command and return what it printed; a failure fails the test with all of it."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment or tool_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode and not may_fail:
        line = shlex.join(str(part) for part in command)
        pytest.fail(f"exit code {done.returncode}: {line}\n{done.stdout}", pytrace=False)
    return done.stdout
