# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test image: busybox and two scripts, as an archive that `docker load` takes.

Written by hand, it needs no engine, no registry and no build, and is the same bytes every time.
"""

from __future__ import annotations

import collections.abc as c
import gzip
import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass
from pathlib import Path

from testbed import settings
from testbed.busybox import is_static, static_busybox
from testbed.errors import BedError
from testbed.locks import exclusive

APP = "swarmvault-test/app:1"

SCRIPTS = ("app.sh", "hc.sh")
APPLETS = (
    *("ash", "cat", "cut", "echo", "env", "false", "head", "hostname", "httpd", "id", "kill", "ls"),
    *("mkdir", "nc", "ps", "sh", "sha256sum", "sleep", "stat", "test", "tr", "true", "wc", "wget"),
)
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
DIRECTORIES = {"bin": 0o755, "etc": 0o755, "run": 0o755, "tmp": 0o1777}


@dataclass(frozen=True)
class Entry:
    """A file, or a link to one."""

    content: bytes = b""
    mode: int = 0o644
    link: str = ""


def archive(entries: dict[str, Entry], directories: dict[str, int] | None = None) -> bytes:
    """Pack files, owned by root, into a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, mode in (directories or {}).items():
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        for name, entry in entries.items():
            file = tarfile.TarInfo(name)
            file.mode, file.size, file.linkname = entry.mode, len(entry.content), entry.link
            file.type = tarfile.SYMTYPE if entry.link else tarfile.REGTYPE
            tar.addfile(file, io.BytesIO(entry.content))
    return buffer.getvalue()


def app_image() -> Path:
    """Give the archive of the test application, made on first use."""
    return cached_image("app", APP, SCRIPTS)


def cached_image(
    name: str, reference: str, scripts: c.Sequence[str], more: c.Mapping[str, Entry] | None = None
) -> Path:
    """Give the archive of an image of busybox, these scripts and more, made on first use.

    The first script is what it runs. Another content is another file in the cache.
    """
    with exclusive(f"{name}-image"):
        layer = _layer(scripts, more or {})
        digest = hashlib.sha256(f"{reference} {scripts[0]} ".encode() + layer).hexdigest()[:12]
        path = settings.cache_dir() / f"{name}-{digest}.tar"
        if not path.exists():
            partial = path.with_suffix(".partial")
            partial.write_bytes(docker_archive(reference, layer, [f"/{scripts[0]}"]))
            partial.rename(path)
    return path


def docker_archive(reference: str, layer: bytes, command: list[str]) -> bytes:
    """Pack one layer the way `docker save` does."""
    config = json.dumps(
        {
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "config": {"Cmd": command, "Env": ["PATH=/bin"]},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"],
            },
        }
    ).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [reference], "Layers": ["layer.tar"]}]
    return archive(
        {
            name: Entry(config),
            "layer.tar": Entry(gzip.compress(layer, compresslevel=1, mtime=0)),
            "manifest.json": Entry(json.dumps(manifest).encode()),
        }
    )


def _layer(scripts: c.Sequence[str], more: c.Mapping[str, Entry]) -> bytes:
    program = static_busybox()
    if not is_static(program):
        raise BedError(
            f"the test image cannot be made: {program}, its /bin/busybox, is not a statically "
            "linked program"
        )
    files = {
        "bin/busybox": Entry(program.read_bytes(), 0o755),
        "etc/passwd": Entry(b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"),
        "etc/group": Entry(b"root:x:0:\nnogroup:x:65534:\n"),
    }
    links = {f"bin/{applet}": Entry(mode=0o777, link="busybox") for applet in APPLETS}
    own = {name: Entry((settings.FILES / name).read_bytes(), 0o755) for name in scripts}
    return archive({**files, **links, **own, **more}, DIRECTORIES)
