# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pack.py ARCHIVE FOLDER PART...: parts of a folder as an archive, the same bytes every time.

Prints the SHA-256 of the contents; with - for ARCHIVE that is all. An empty file in the archive is
named by it, so that whoever has unpacked it can be asked what it is.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
import typing as t
from pathlib import Path

#: 1980-01-01: the oldest date that every format can hold.
DATE = 315532800
MARK = ".swarmvault-"
DIGITS = 16
#: Of a checkout, what is no part of the product.
WITHOUT = {"__pycache__", ".git"}


def main(archive: str, folder: str, *parts: str) -> None:
    """Write the archive."""
    root = Path(folder)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as packed:
        for path in _paths(root, parts):
            member = packed.gettarinfo(str(path), str(path.relative_to(root)))
            _make_plain(member)
            if member.isfile():
                with path.open("rb") as file:
                    packed.addfile(member, file)
            else:
                packed.addfile(member)
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    sys.stdout.write(f"{digest}\n")
    if archive == "-":
        return
    content.seek(0)
    with tarfile.open(fileobj=content, mode="a", format=tarfile.PAX_FORMAT) as packed:
        mark = tarfile.TarInfo(f"{MARK}{digest[:DIGITS]}")
        mark.mtime = DATE
        packed.addfile(mark)
    Path(archive).write_bytes(content.getvalue())


def _paths(root: Path, parts: t.Iterable[str]) -> t.Iterator[Path]:
    """Yield folders before what they hold, in an order that no file system decides."""
    for part in sorted(parts):
        top = root / part
        if top.is_file():
            yield top
        for folder, names, files in os.walk(top):
            names[:] = sorted(name for name in names if name not in WITHOUT)
            if Path(folder) != root:
                yield Path(folder)
            yield from (Path(folder) / name for name in sorted(files))


def _make_plain(member: tarfile.TarInfo) -> None:
    """Leave nothing of this machine in it."""
    runs = member.isdir() or member.mode & 0o100
    member.mode = 0o755 if runs else 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = DATE


if __name__ == "__main__":
    main(*sys.argv[1:])
