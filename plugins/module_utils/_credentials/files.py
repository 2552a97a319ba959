# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory of credential files: rights 0600 in 0700, and nobody sees half of one.

A file is written beside its place, in the same directory, and then takes it: nothing of it comes to
a folder for temporary files.
"""

from __future__ import annotations

import os
import shutil
import stat
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._common import errors, secret_value

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
#: What a file is called until it takes its place.
_UNFINISHED = ".swarmvault-unfinished"

Files = t.Mapping[str, secret_value.SecretValue]


@dataclass(frozen=True)
class Changes:
    """What is to be done to the directory. Names only.

    :param directory: whether it is to be made, or to get other rights.
    :param written: files whose content is new or another.
    :param owned: files that only get another owner or other rights.
    :param removed: files that nobody asked for.
    """

    directory: bool
    written: tuple[str, ...]
    owned: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.directory or self.written or self.owned or self.removed)


def check_names(names: t.Iterable[str]) -> None:
    """Make sure that each is the name of a file in the directory.

    :raises InputError: one is not.
    """
    for name in names:
        if not name or name in (".", "..") or "/" in name or "\0" in name or name == _UNFINISHED:
            raise errors.InputError(
                f"{name!r} is not a valid name of a credential file.",
                "Use a name without a slash, such as token or ca.pem.",
            )


def look(directory: Path, files: Files, keep: t.Collection[str], owner: tuple[int, int]) -> Changes:
    """Compare the directory with what is wanted.

    :param keep: files that stay as they are, whatever is in them.
    :param owner: user and group, as numbers.
    :raises InputError: it is something else than a directory, or cannot be read.
    """
    there = names_in(directory)
    written, owned = [], []
    for name in sorted({*files, *(set(keep) & there)}):
        path = directory / name
        if name not in there or (name in files and _content(path) != files[name]):
            written.append(name)
        elif not _is_right(path, FILE_MODE, owner):
            owned.append(name)
    return Changes(
        not _is_right(directory, DIRECTORY_MODE, owner),
        tuple(written),
        tuple(owned),
        tuple(sorted(there - {*files, *keep})),
    )


def names_in(directory: Path) -> set[str]:
    """Return what is in the directory; nothing where there is none.

    :raises InputError: it is something else than a directory.
    """
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise errors.InputError(
            f"{directory} is not a directory.", "Remove it, or name another place."
        )
    return {entry.name for entry in directory.iterdir()} if directory.exists() else set()


def apply(directory: Path, files: Files, changes: Changes, owner: tuple[int, int]) -> None:
    """Carry out what :func:`look` has found."""
    if changes.directory:
        directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        os.chown(directory, *owner)
        directory.chmod(DIRECTORY_MODE)
    for name in changes.written:
        write(directory, name, files[name], owner)
    for name in changes.owned:
        os.chown(directory / name, *owner)
        (directory / name).chmod(FILE_MODE)
    for name in changes.removed:
        _remove(directory / name)


def write(
    directory: Path, name: str, value: secret_value.SecretValue, owner: tuple[int, int]
) -> None:
    """Write one file; whoever reads it meanwhile gets the old one or the new one, whole."""
    unfinished = directory / _UNFINISHED
    _remove(unfinished)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with open(os.open(unfinished, flags, FILE_MODE), "wb") as file:  # noqa: PTH123  # a descriptor
        os.fchown(file.fileno(), *owner)
        file.write(value.reveal())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(directory / name)


def remove(directory: Path) -> None:
    """Remove the directory with all that is in it; one that is not there is fine."""
    names_in(directory)
    if directory.exists():
        shutil.rmtree(directory)


def _content(path: Path) -> secret_value.SecretValue | None:
    """Return what is in a file; None where it is no plain file."""
    if path.is_symlink() or not path.is_file():
        return None
    return secret_value.SecretValue(path.read_bytes())


def _is_right(path: Path, mode: int, owner: tuple[int, int]) -> bool:
    if not path.exists():
        return False
    status = path.stat()
    return stat.S_IMODE(status.st_mode) == mode and (status.st_uid, status.st_gid) == owner


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
