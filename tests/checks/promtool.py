# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus' own checker, installed or unpacked from Debian's package without installing that."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from testbed.locks import exclusive
from tests.collection_path import ROOT

CACHE = ROOT / ".cache" / "promtool"
PACKAGE = "prometheus"


def promtool() -> Path:
    """Return the program."""
    found = shutil.which("promtool")
    if found:
        return Path(found)
    with exclusive("promtool"):
        if not CACHE.exists():
            _unpack()
    return CACHE


def _unpack() -> None:
    if not shutil.which("apt-get"):
        pytest.fail("promtool is needed: install Prometheus, whose checker it is", pytrace=False)
    CACHE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as directory:
        folder = Path(directory)
        if not _download(folder):
            # The lists are missing or stale: only then is the slow update worth it.
            _run("apt-get", "update", "-qq", cwd=folder)
            if not _download(folder):
                pytest.fail(f"apt-get cannot download the package {PACKAGE}", pytrace=False)
        (package,) = folder.glob("*.deb")
        _run("dpkg-deb", "--extract", package.name, "unpacked", cwd=folder)
        (folder / "unpacked/usr/bin/promtool").rename(CACHE)


def _download(folder: Path) -> bool:
    return not _run("apt-get", "download", "-qq", PACKAGE, cwd=folder)


def _run(*command: str, cwd: Path) -> int:
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, check=False).returncode
