# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This machine: running commands, and installing the few Debian packages the testbed needs."""

from __future__ import annotations

import collections.abc as c
import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

from testbed import settings
from testbed.errors import BedError

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def log(message: str) -> None:
    """Progress goes to stderr: stdout belongs to whoever uses the testbed."""
    print(f"testbed: {message}", file=sys.stderr, flush=True)


def run(
    command: c.Sequence[str | os.PathLike[str]],
    *,
    log_file: pathlib.Path | None = None,
    **kwargs: object,
) -> str:
    """Run a command; on failure raise with the end of its output."""
    environment = {
        **os.environ,
        "PATH": f"{os.environ.get('PATH', '')}:{SBIN}",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        check=False,
        **kwargs,
    )  # type: ignore[call-overload]  # kwargs are passed on as they are
    if log_file:
        log_file.write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise BedError(
            f"{' '.join(str(part) for part in command[:3])} … failed with {done.returncode}:\n{tail}"
        )
    return str(done.stdout)


def which(program: str) -> str | None:
    """As the shell would find it for root: /usr/sbin is not on everybody's PATH."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SBIN}")


def need(programs: c.Mapping[str, str], why: str) -> None:
    """Make sure programs (mapped to the Debian package that brings each) are there; install them as root on Debian."""
    missing = {program: package for program, package in programs.items() if not which(program)}
    if not missing:
        return
    packages = sorted(set(missing.values()))
    how = f"apt-get install --no-install-recommends {' '.join(packages)}"
    if os.geteuid() != 0 or not which("apt-get"):
        raise BedError(
            f"{why} needs {', '.join(sorted(missing))}, and only root on Debian can have it installed by the testbed. Try: {how}"
        )
    log(f"installing {', '.join(packages)} ({why})")
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    with exclusive("apt"), contextlib.ExitStack() as undo:
        undo.enter_context(_no_service_starts())
        os.environ.update(environment)
        try:
            run(["apt-get", "install", "-y", "--no-install-recommends", *packages])
        except BedError:
            # The lists may be missing or stale: only then is the slower update worth it.
            run(["apt-get", "update"])
            run(["apt-get", "install", "-y", "--no-install-recommends", *packages])
    still = [program for program in missing if not which(program)]
    if still:
        raise BedError(f"{how} succeeded, but {', '.join(still)} is still not there")


@contextlib.contextmanager
def exclusive(name: str) -> c.Iterator[None]:
    """One process at a time, across processes: tests run in parallel share engine, images and beds."""
    path = settings.state_dir() / f"{name}.lock"
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _no_service_starts() -> c.Iterator[None]:
    """Installing docker.io must not start the system's own engine: this testbed runs its own, and takes it down again."""
    policy = pathlib.Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
