# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of plugins: what is in one, one that says of itself which it is, and those kept.

An engine tells nothing of what a plugin was created from. So the plugin itself does: the digest of
the archive is added to its configuration, as an environment variable that cannot be set, which every
engine shows. There is no state beside it.

What is kept is what a plugin was created from, so that a version that does not work can be gone back
from: no engine gives an installed plugin back.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import posixpath
import shutil
import tarfile
import tempfile
import typing as t
from pathlib import Path

from .._common import errors
from .._swarm import plugin_config

MARK = "SWARMVAULT_ARCHIVE"
"""Environment variable of an installed plugin: the digest of its archive."""

_CONFIG = "config.json"
_ROOTFS = "rootfs"
_TRIAL = "rootfs/.swarmvault-trial"
_CHUNK = 1024 * 1024
_WHAT_IT_IS = (
    "It has to be a tar file of config.json and rootfs/, such as 'secretprovider/build --archive FILE' "
    "writes."
)


def digest(path: Path) -> str:
    """Return the digest of a file.

    :raises InputError: it cannot be read.
    """
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except OSError as error:
        raise errors.InputError(
            f"The archive {path} cannot be read: {error.strerror}.",
            "It has to be on the host that the module runs on.",
        ) from error
    return f"sha256:{found.hexdigest()}"


def read_config(path: Path) -> plugin_config.PluginConfig:
    """Return what the plugin in an archive declares.

    :raises InputError: it holds none.
    """
    try:
        with tarfile.open(path, "r:*") as archive:
            config = json.loads(_config_of(archive))
            _check_rootfs(archive)
        found = plugin_config.parse(config)
    except (OSError, tarfile.TarError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise errors.InputError(
            f"{path} is no archive of a plugin: {error}.", _WHAT_IT_IS
        ) from error
    return found


def _check_rootfs(archive: tarfile.TarFile) -> None:
    if not any(_name(member).split("/")[0] == _ROOTFS for member in archive):
        raise ValueError("it has no rootfs")


def _config_of(archive: tarfile.TarFile) -> bytes:
    for member in archive:
        if _name(member) == _CONFIG:
            file = archive.extractfile(member)
            if file:
                return file.read()
    raise ValueError("it has no config.json")


def _name(member: tarfile.TarInfo) -> str:
    return posixpath.normpath(member.name)


@contextlib.contextmanager
def marked(path: Path, digest_of_it: str, *, trial: bool = False) -> t.Iterator[t.IO[bytes]]:
    """Give an archive as it is sent to an engine: one that says which it is.

    :param trial: with other contents, since an engine does not take the same ones under two names.
    """
    with tempfile.TemporaryFile() as file:
        with tarfile.open(path, "r:*") as archive, tarfile.open(fileobj=file, mode="w") as target:
            for member in archive:
                if _name(member) == _CONFIG:
                    content = archive.extractfile(member)
                    config = json.loads(content.read() if content else b"{}")
                    _add(target, _CONFIG, json.dumps(_with_mark(config, digest_of_it)).encode())
                elif member.isfile():
                    target.addfile(member, archive.extractfile(member))
                else:
                    target.addfile(member)
            if trial:
                _add(target, _TRIAL, digest_of_it.encode())
        file.seek(0)
        yield file


def _add(target: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    target.addfile(member, io.BytesIO(content))


def _with_mark(config: dict[str, t.Any], value: str) -> dict[str, t.Any]:
    key = next((name for name in config if name.lower() == "env"), "env")
    mark = {
        "name": MARK,
        "description": "Which archive this was installed from",
        "value": value,
        "settable": [],
    }
    others = [one for one in config.get(key) or () if MARK not in one.values()]
    return {**config, key: [*others, mark]}


class Store:
    """The archives of what was installed under one name.

    :param folder: made when it is needed, for root alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, wanted: str) -> Path | None:
        """Return the archive with a digest, None where there is none."""
        path = self._path(wanted)
        return path if path.is_file() and digest(path) == wanted else None

    def keep(self, source: Path, its_digest: str) -> Path:
        """Keep a copy of an archive, and return where; does nothing where there is one.

        :raises InputError: it cannot be written.
        """
        target = self._path(its_digest)
        part = target.with_suffix(".part")
        try:
            # Not read again: that it is whole is looked at where it is needed.
            if target.is_file() and target.stat().st_size == source.stat().st_size:
                return target
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(source, part)
            part.replace(target)
        except OSError as error:
            raise errors.InputError(
                f"The archive cannot be kept in {self._folder}: {error.strerror}. Without it there "
                "would be no way back from a later one.",
                "Make room there, or set state_dir to a folder that can be written.",
            ) from error
        return target

    def forget(self, but: t.Collection[str] = ()) -> None:
        """Remove all archives but those with these digests."""
        kept = {self._path(one).name for one in but}
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                if path.name not in kept:
                    path.unlink()
            if not kept:
                self._folder.rmdir()

    def _path(self, its_digest: str) -> Path:
        return self._folder / f"{its_digest.replace(':', '-')}.tar"
