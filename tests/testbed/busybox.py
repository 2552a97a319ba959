# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A busybox that needs no libraries: the whole user land of the test image."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from testbed import settings
from testbed.errors import BedError
from testbed.system import run, which

PACKAGE = "busybox-static"


def static_busybox() -> Path:
    """Give this machine's, if it is static, else Debian's, unpacked and not installed."""
    cached = settings.cache_dir() / "busybox"
    if cached.exists() and is_static(cached):
        return cached
    found = which("busybox")
    if found and is_static(Path(found)):
        return Path(found).resolve()
    if not which("apt-get"):
        raise BedError("the test image needs a statically linked busybox on the PATH")
    with tempfile.TemporaryDirectory(prefix="swarmvault-testbed-") as work:
        _download(Path(work))
        run(["dpkg-deb", "--extract", next(Path(work).glob("*.deb")), Path(work) / "root"])
        # The package has a second file of that name: some text for initramfs-tools.
        candidates = [path for path in Path(work).glob("root/**/busybox") if path.is_file()]
        unpacked = next(filter(is_static, candidates), None)
        if unpacked is None:
            raise BedError(f"Debian's {PACKAGE} does not contain a statically linked busybox")
        shutil.copy(unpacked, cached)
    return cached


def _download(target: Path) -> None:
    command = ["apt-get", "download", PACKAGE]
    try:
        run(command, directory=target)
    except BedError:
        run(["apt-get", "update"])
        run(command, directory=target)


def is_static(program: Path) -> bool:
    """A program begins with the ELF magic; a dynamic one names its loader right behind the header.

    :param program: any file, text included.
    """
    with program.open("rb") as handle:
        head = handle.read(4096)
    return head.startswith(b"\x7fELF") and b"/ld-" not in head
