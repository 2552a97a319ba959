# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This machine: running commands, and installing the few Debian packages the testbed needs."""

from __future__ import annotations

import collections.abc as c
import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from testbed.errors import BedError
from testbed.locks import exclusive

#: /usr/sbin is not on everybody's PATH, and what the testbed needs lies there.
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"


def _to_stderr(message: str) -> None:
    print(f"testbed: {message}", file=sys.stderr, flush=True)


#: The last one is told.
_tellers: list[c.Callable[[str], None]] = [_to_stderr]


def log(message: str) -> None:
    """Show progress, on stderr by default: stdout belongs to whoever uses the testbed."""
    _tellers[-1](message)


@contextlib.contextmanager
def telling(teller: c.Callable[[str], None]) -> c.Iterator[None]:
    """Hand to this what log() is told while the block runs."""
    _tellers.append(teller)
    try:
        yield
    finally:
        _tellers.remove(teller)


def run(
    command: c.Sequence[str | os.PathLike[str]],
    *,
    environment: c.Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> str:
    """Run a command; on failure raise with the end of its output."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", **(environment or {})},
        cwd=directory,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise BedError(f"{' '.join(words[:3])} … failed with {done.returncode}:\n{tail}")
    return done.stdout


def which(program: str) -> str | None:
    """Find a program as root's shell would."""
    return shutil.which(program, path=PATH)


def need(
    programs: c.Mapping[str, str], why: str, find: c.Callable[[str], str | None] = which
) -> None:
    """Make sure that programs, each with the Debian package that brings it, are there.

    find is for those that lie where no PATH leads.
    """
    missing = _missing(programs, find)
    if not missing:
        return
    packages = sorted(set(missing.values()))
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or not which("apt-get"):
        raise BedError(
            f"{why} needs {', '.join(sorted(missing))}. As root on Debian the testbed installs it "
            f"by itself; here you have to: {' '.join(command)}"
        )
    with exclusive("apt"), _no_service_starts():
        log(f"installing {', '.join(packages)} ({why})")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            run(command, environment=quiet)
        except BedError:
            # The lists are missing or stale: only then is the slow update worth it.
            run(["apt-get", "update"])
            run(command, environment=quiet)
    still = _missing(programs, find)
    if still:
        raise BedError(f"{' '.join(command)} succeeded, but {', '.join(still)} is still not there")


def unmount(directory: Path) -> None:
    """Unmount what a killed process left mounted here or below; only then is it safe to remove."""
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    mounts = [line.split()[1] for line in lines]
    for mount in sorted(mounts, reverse=True):
        if f"{mount}/".startswith(f"{directory}/"):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)


def remove_tree(directory: Path) -> None:
    """Remove a directory that may hold left-over mounts."""
    unmount(directory)
    shutil.rmtree(directory, ignore_errors=True)


def _missing(programs: c.Mapping[str, str], find: c.Callable[[str], str | None]) -> dict[str, str]:
    return {program: package for program, package in programs.items() if not find(program)}


@contextlib.contextmanager
def _no_service_starts() -> c.Iterator[None]:
    """Keep the package docker.io from starting a system engine: the testbed starts its own."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
