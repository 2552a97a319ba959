# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders as archives that are the same bytes every time, and as what they are named by."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import typing as t
from pathlib import Path

from .errors import BuildError

#: 1980-01-01: the oldest date that every format can hold.
FIRST_DATE = 315532800


def source_date(environ: t.Mapping[str, str]) -> int:
    """Return the date of every file in the plugin, in seconds since 1970.

    ``SOURCE_DATE_EPOCH`` sets it (https://reproducible-builds.org/specs/source-date-epoch/).

    :raises BuildError: it is not a number.
    """
    text = environ.get("SOURCE_DATE_EPOCH") or str(FIRST_DATE)
    if not text.isdecimal():
        raise BuildError(
            f"SOURCE_DATE_EPOCH is not a number of seconds: {text!r}.", "Correct or unset it."
        )
    return int(text)


def pack(folder: Path, file: t.IO[bytes], date: int) -> str:
    """Write what is in a folder as an archive, in a fixed order and with nothing of this machine.

    :param file: where the archive goes.
    :param date: given to every file, in seconds since 1970.
    :return: the archive's digest, ``sha256:…``.
    """
    hashing = _Hashing(file)
    with tarfile.open(
        fileobj=t.cast("t.IO[bytes]", hashing), mode="w|", format=tarfile.PAX_FORMAT
    ) as archive:
        for path in sorted_paths(folder):
            member = archive.gettarinfo(path, str(path.relative_to(folder)))
            # Two names of one file are two files: which is "the link" depends on the file system.
            if member.islnk():
                member.type, member.size, member.linkname = tarfile.REGTYPE, path.stat().st_size, ""
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = date
            if member.isfile():
                with path.open("rb") as content:
                    archive.addfile(member, content)
            else:
                archive.addfile(member)
    return f"sha256:{hashing.digest.hexdigest()}"


def sorted_paths(folder: Path) -> list[Path]:
    """Return all that is below a folder, each folder before what it holds."""
    return sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts)


def plain_modes(folder: Path) -> None:
    """Give files the rights that a plugin needs, whatever the umask was when they were written."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)


def set_dates(folder: Path, date: int) -> None:
    """Give each file in a folder, and the folder, the same date."""
    for path in (*reversed(sorted_paths(folder)), folder):
        os.utime(path, (date, date), follow_symlinks=False)


class _Hashing:
    """A file that only takes what is written, and hashes it on the way."""

    def __init__(self, file: t.IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        return self._file.write(content)
