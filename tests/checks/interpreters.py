# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of this machine, of those that managed hosts may have."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

# ansible-core 2.21 supports hosts from Python 3.9 on.
SUPPORTED = [f"3.{minor}" for minor in range(9, 15)]


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


def interpreters() -> list[str]:
    """Give one of each version that there is."""
    return [found for version in SUPPORTED if (found := interpreter(version))]
