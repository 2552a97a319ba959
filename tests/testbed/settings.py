# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the testbed keeps things, and the few environment variables that change it."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from testbed.errors import BedError

#: On every container, network and volume; the value is the name of the bed.
LABEL = "swarmvault.testbed"

FILES = Path(__file__).parent / "files"


def state_dir() -> Path:
    """What lives as long as a bed: keys, sockets, process ids. Gone after a reboot, as beds are."""
    configured = os.environ.get("TESTBED_STATE")
    if configured:
        return _private(Path(configured).absolute())
    if os.geteuid() == 0:
        return _private(Path("/run/swarmvault-testbed"))
    base = os.environ.get("XDG_RUNTIME_DIR", f"/tmp/runtime-{os.geteuid()}")
    return _private(Path(base) / "swarmvault-testbed")


def cache_dir() -> Path:
    """What is dear to make and stays: the nodes' file systems, the own engine's images."""
    configured = os.environ.get("TESTBED_CACHE")
    if configured:
        return _private(Path(configured).absolute())
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return _private(Path(base) / "swarmvault-testbed")


def beds_dir() -> Path:
    """Keys and records of each bed."""
    return _private(state_dir() / "beds")


def vaults_dir() -> Path:
    """Every OpenBao that belongs to no bed."""
    return _private(state_dir() / "vaults")


def tidy() -> None:
    """Remove the state directory once nothing is in it any more."""
    state = state_dir()
    for directory in (state / "beds", state / "vaults", state):
        with contextlib.suppress(OSError):
            directory.rmdir()


def check_name(name: str) -> str:
    """Refuse what cannot be part of a host name, a container's name and a folder."""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", name):
        raise BedError(
            f"{name!r} cannot name a testbed: use up to 32 of a-z, 0-9 and '-', no '-' at an end"
        )
    return name


def mirror() -> str | None:
    """The Debian mirror of the node images: TESTBED_MIRROR, else this system's apt's.

    None if that is not known either: debootstrap has a default.
    """
    configured = os.environ.get("TESTBED_MIRROR")
    if configured:
        return configured
    apt = Path("/etc/apt")
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file()]
    return debian_archive("\n".join(texts))


def debian_archive(sources: str) -> str | None:
    """Find the first archive in apt's sources whose path is Debian's own, '…/debian'."""
    for found in re.finditer(r"^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+)", sources, re.MULTILINE):
        address = found.group(1).rstrip("/")
        if address.endswith("/debian"):
            return address
    return None


def _private(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
