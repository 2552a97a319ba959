# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the tools of this environment for a release."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from release.errors import ReleaseError


def run(*command: str | Path, folder: Path, **extra: str) -> str:
    """Run a tool and return what it printed.

    :raises ReleaseError: with all that it printed, if it failed.
    """
    # Not resolve(): in a virtual environment the interpreter is a link, and its tools lie beside it.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleaseError(f"{shlex.join(words)} failed:\n{done.stdout}")
    return done.stdout
