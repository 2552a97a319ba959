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
import pathlib
import platform
import tarfile

from testbed import settings
from testbed.system import need, which

APP = "swarmvault-test/app:1"

APPLETS = (
    "sh",
    "ash",
    "cat",
    "cut",
    "env",
    "echo",
    "head",
    "hostname",
    "httpd",
    "id",
    "ls",
    "mkdir",
    "nc",
    "ps",
    "sha256sum",
    "sleep",
    "stat",
    "tr",
    "wget",
    "wc",
    "kill",
    "test",
    "true",
    "false",
)


def app_image(reference: str = APP) -> pathlib.Path:
    """The archive of the test application, made on first use."""
    need({"busybox": "busybox-static"}, "the test image")
    path = settings.cache_dir() / f"app-{_recipe(reference)}.tar"
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.write_bytes(_docker_archive(reference, _layer(), cmd=["/app.sh"]))
        partial.rename(path)
    return path


def _recipe(reference: str) -> str:
    digest = hashlib.sha256(f"{reference} {APPLETS}".encode())
    for path in (
        pathlib.Path(__file__),
        settings.FILES / "app.sh",
        settings.FILES / "hc.sh",
        _busybox(),
    ):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _busybox() -> pathlib.Path:
    return pathlib.Path(which("busybox") or "/bin/busybox").resolve()


def _layer() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for directory, mode in (
            ("bin", 0o755),
            ("etc", 0o755),
            ("run", 0o755),
            ("tmp", 0o1777),
            ("dev", 0o755),
            ("proc", 0o555),
            ("sys", 0o555),
        ):
            _add(tar, directory, mode=mode, kind=tarfile.DIRTYPE)
        _add(tar, "bin/busybox", _busybox().read_bytes(), mode=0o755)
        for applet in APPLETS:
            _add(tar, f"bin/{applet}", mode=0o777, kind=tarfile.SYMTYPE, target="busybox")
        _add(
            tar, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
        )
        _add(tar, "etc/group", b"root:x:0:\nnogroup:x:65534:\n")
        for script in ("app.sh", "hc.sh"):
            _add(tar, script, (settings.FILES / script).read_bytes(), mode=0o755)
    return buffer.getvalue()


def _docker_archive(reference: str, layer: bytes, cmd: c.Sequence[str]) -> bytes:
    config = json.dumps(
        {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(
                platform.machine(), platform.machine()
            ),
            "os": "linux",
            "config": {"Cmd": list(cmd), "Env": ["PATH=/bin"]},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"],
            },
        },
        sort_keys=True,
    ).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add(tar, name, config)
        _add(tar, "layer.tar", gzip.compress(layer, compresslevel=1, mtime=0))
        _add(
            tar,
            "manifest.json",
            json.dumps(
                [{"Config": name, "RepoTags": [reference], "Layers": ["layer.tar"]}]
            ).encode(),
        )
    return buffer.getvalue()


def _add(
    tar: tarfile.TarFile,
    name: str,
    content: bytes = b"",
    *,
    mode: int = 0o644,
    kind: bytes = tarfile.REGTYPE,
    target: str = "",
) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.type, entry.linkname, entry.size = mode, kind, target, len(content)
    tar.addfile(entry, io.BytesIO(content))
