# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the programs of this machine that a build needs."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import typing as t

from .errors import BuildError

if t.TYPE_CHECKING:
    from pathlib import Path

LAST_WORDS = 1500


def run(
    command: t.Sequence[str], remedy: str, *, cwd: Path | None = None, to: Path | None = None
) -> str:
    """Run a command and return what it printed.

    :param remedy: what to do where it fails.
    :param to: a file that gets what it prints instead, as it is.
    :raises BuildError: it is not installed, or failed; with the end of what it said.
    """
    # Messages are shown, and one of them is read: neither may depend on the user's language.
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(to.open("wb")) if to else subprocess.PIPE
        try:
            done = subprocess.run(  # noqa: S603 - the commands are ours
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                check=False,
            )
        except FileNotFoundError as error:
            raise BuildError(f"'{command[0]}' is not installed.", remedy) from error
    printed, complaint = (
        (part or b"").decode(errors="replace") for part in (done.stdout, done.stderr)
    )
    if done.returncode:
        said = (complaint.strip() or printed.strip())[-LAST_WORDS:]
        raise BuildError(f"'{shlex.join(command[:3])} …' failed: {said}", remedy)
    return printed
