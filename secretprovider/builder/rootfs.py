# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's root file system, as a folder: filled from archives, slimmed, looked into.

Who owns a file is not kept, so that no root is needed to build: in the plugin all is root's.
"""

from __future__ import annotations

import re
import shutil
import stat
import typing as t
from pathlib import Path, PurePosixPath

from .errors import BuildError

if t.TYPE_CHECKING:
    import tarfile

#: Of a Debian where /usr is merged: what the archives of older packages still name.
MERGED = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
#: What the engine mounts something over, or programs expect to be there.
MOUNT_POINTS = ("dev", "etc", "proc", "run", "sys", "tmp", "var")
#: Left by the engine in what it exports.
BY_THE_ENGINE = (".dockerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf")
#: In any base: what a plugin never opens. What says under which terms a file may be passed on stays.
UNNEEDED = ("usr/share/info", "usr/share/lintian", "usr/share/locale", "usr/share/man")

INTERPRETERS = ("usr/local/bin/python3", "usr/bin/python3", "bin/python3")
OLDEST = 9
MOST_LINKS = 40


def unpack(archive: tarfile.TarFile, rootfs: Path, *, merged_usr: bool = False) -> None:
    """Write an archive's folders, files and links below a folder; devices are left out.

    :param archive: opened as a stream or as a file.
    :param merged_usr: whether ``lib/…`` belongs to ``usr/lib/…``, and so on.
    :raises BuildError: a name in it leads out of the folder.
    """
    for member in archive:
        target = _place(member.name, rootfs, merged_usr=merged_usr)
        if target.is_symlink():
            target.unlink()  # never through it
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            target.chmod((member.mode & 0o1777) | 0o700)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if member.isfile() or member.issym() or member.islnk():
            target.unlink(missing_ok=True)
        if member.isfile():
            content = archive.extractfile(member)
            assert content is not None  # noqa: S101 - for the type checker: it is a file
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)
            # No program may gain rights over who starts it.
            target.chmod((member.mode & 0o777) | 0o400)
        elif member.issym():
            target.symlink_to(member.linkname)
        elif member.islnk():
            other = _place(member.linkname, rootfs, merged_usr=merged_usr)
            shutil.copy2(other, target, follow_symlinks=False)


def _place(name: str, rootfs: Path, *, merged_usr: bool) -> Path:
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", ".")]
    if ".." in parts:
        raise BuildError(
            f"The base has a file named {name!r}, which leads out of it.", "Use another base image."
        )
    if merged_usr and parts and parts[0] in MERGED:
        parts.insert(0, "usr")
    place = rootfs.joinpath(*parts)
    for parent in place.parents:
        if parent == rootfs:
            break
        if parent.is_symlink():
            raise BuildError(
                f"The base has a file {name!r} below a symbolic link.", "Use another base image."
            )
    return place


def tidy(rootfs: Path) -> None:
    """Take out what no plugin needs, and put in what each needs to be mounted."""
    for name in (*BY_THE_ENGINE, *UNNEEDED):
        remove(rootfs / name)
    for documentation in rootfs.glob("usr/share/doc/*"):
        _keep_copyright(documentation)
    for compiled in sorted(rootfs.rglob("__pycache__")):
        remove(compiled)
    for name in MOUNT_POINTS:
        (rootfs / name).mkdir(exist_ok=True)
    for name in ("dev", "proc", "run", "sys", "tmp"):
        for file in (rootfs / name).iterdir():
            remove(file)
    (rootfs / "tmp").chmod(0o1777)
    if not (rootfs / "var/run").is_symlink():
        remove(rootfs / "var/run")
        (rootfs / "var/run").symlink_to("../run")


def _keep_copyright(documentation: Path) -> None:
    if documentation.is_symlink() or not documentation.is_dir():
        return  # to the folder of a package of the same source: that one has the text
    for file in documentation.iterdir():
        if file.name != "copyright":
            remove(file)


def remove(path: Path) -> None:
    """Remove a file, link or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def find_python(rootfs: Path) -> str:
    """Return the path of the interpreter within the root file system, such as ``/usr/bin/python3``.

    :raises BuildError: there is none, or it is older than Python 3.9.
    """
    for name in INTERPRETERS:
        program = follow(rootfs, name)
        if program is None:
            continue
        found = re.fullmatch(r"python3\.(\d+)", program.name)
        if found and int(found[1]) < OLDEST:
            raise BuildError(
                f"The base has Python 3.{found[1]}; the plugin needs 3.{OLDEST} or newer.",
                "Use a newer base image.",
            )
        return f"/{name}"
    places = ", ".join(f"/{name}" for name in INTERPRETERS)
    raise BuildError(
        f"The base has no Python: none of {places}.",
        "Use a base image with Python 3, such as python:3.13-slim, or debian-packages.",
    )


def follow(rootfs: Path, name: str) -> Path | None:
    """Return the file that a path within the root file system leads to, None where there is none.

    Links are followed as the plugin will: an absolute one begins at its root, not at this machine's.
    """
    waiting = list(reversed(PurePosixPath(name).parts))
    here, links = rootfs, 0
    while waiting:
        part = waiting.pop()
        if part in ("/", ".."):
            here = rootfs if part == "/" or here == rootfs else here.parent
            continue
        here /= part
        if here.is_symlink():
            links += 1
            if links > MOST_LINKS:
                return None
            target = PurePosixPath(here.readlink())
            here = here.parent
            waiting.extend(reversed(target.parts))
    return here if here.is_file() else None


def size_of(rootfs: Path) -> int:
    """Return how many bytes the files have together."""
    found = (path.lstat() for path in rootfs.rglob("*"))
    return sum(status.st_size for status in found if stat.S_ISREG(status.st_mode))
