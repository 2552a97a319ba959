# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node images: a Debian root file system with an engine, built once per generation and recipe."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import shutil
import sys
import tempfile

import docker
import docker.errors

from testbed import settings
from testbed.engine import HostEngine, data_root
from testbed.errors import BedError
from testbed.generations import Generation
from testbed.system import exclusive, log, need, run

REPOSITORY = "swarmvault-testbed/node"
WHEELS = ("docker", "hvac")


def tag(generation: Generation) -> str:
    """Named by what the image is made from, so that a changed recipe is another image."""
    recipe = hashlib.sha256(repr(generation).encode())
    recipe.update((settings.FILES / "node-setup.sh").read_bytes())
    recipe.update(_requirements().encode())
    return f"{REPOSITORY}:{generation.name}-{recipe.hexdigest()[:12]}"


def ensure_node_image(engine: HostEngine, generation: Generation) -> str:
    """The image in this engine: there already, or loaded from the cache, or built."""
    name = tag(generation)
    with (
        exclusive(f"image-{generation.name}"),
        contextlib.closing(engine.client(timeout=600)) as client,
    ):
        if _has(client, name):
            return name
        archive = _archive(name)
        if not archive.exists():
            _build(generation, archive)
        log(f"loading the node image {name}")
        repository, _colon, version = name.partition(":")
        client.import_image_from_file(str(archive), repository=repository, tag=version)
        return name


def prune() -> list[str]:
    """Remove every cached image, and an own engine's whole data; gives what was removed."""
    removed = []
    engine = HostEngine.find()
    if engine and not engine.own:
        with contextlib.closing(engine.client()) as client:
            for image in client.images():
                for name in image.get("RepoTags") or ():
                    if name.startswith(f"{REPOSITORY}:"):
                        client.remove_image(name, force=True)
                        removed.append(name)
    for path in sorted(settings.cache_dir().iterdir()):
        if path == data_root() and engine and engine.own:
            raise BedError(
                "a testbed still uses the own engine: bring all of them down first (down --all)"
            )
        removed.append(str(path))
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return removed


def _has(client: docker.APIClient, name: str) -> bool:
    try:
        client.inspect_image(name)
    except docker.errors.ImageNotFound:
        return False
    return True


def _archive(name: str) -> pathlib.Path:
    return settings.cache_dir() / f"node-{name.partition(':')[2]}.tar"


def _build(generation: Generation, archive: pathlib.Path) -> None:
    need({"debootstrap": "debootstrap"}, "building a node image")
    if os.geteuid() != 0:
        raise BedError(
            "only root can build a node image (debootstrap makes device nodes and uses chroot): run `python -m testbed images` as root once"
        )
    log(f"building the node image {generation.name}: a Debian from packages, one to two minutes")
    with tempfile.TemporaryDirectory(
        prefix="swarmvault-testbed-", dir=settings.cache_dir()
    ) as work:
        root = pathlib.Path(work) / "root"
        # The mirror stands before the script on the command line: an empty one means the default.
        run(
            [
                "debootstrap",
                "--variant=minbase",
                f"--include={','.join(generation.packages)}",
                generation.name,
                root,
                settings.mirror() or "",
                generation.script,
            ]
        )
        _download_wheels(root / "tmp" / "wheels")
        shutil.copy(settings.FILES / "node-setup.sh", root / "tmp" / "node-setup.sh")
        run(["chroot", root, "/bin/sh", "/tmp/node-setup.sh"])
        (root / "tmp" / "node-setup.sh").unlink()
        partial = archive.with_suffix(".partial")
        run(
            [
                "tar",
                "--create",
                "--file",
                partial,
                "--directory",
                root,
                "--one-file-system",
                "--numeric-owner",
                "--exclude=./dev/*",
                "--exclude=./proc/*",
                "--exclude=./sys/*",
                ".",
            ]
        )
        partial.rename(archive)
    for old in settings.cache_dir().glob(f"node-{generation.name}-*.tar"):
        if old != archive:
            old.unlink()


def _download_wheels(target: pathlib.Path) -> None:
    """Only wheels for any Python and platform: the node's Python is not the one that runs this."""
    target.mkdir(parents=True)
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--dest",
            target,
            "--only-binary=:all:",
            "--platform",
            "any",
            "--python-version",
            "3.11",
            "--implementation",
            "py",
            "--abi",
            "none",
            *_requirements().split(),
        ]
    )


def _requirements() -> str:
    """The pins of requirements.txt that the node needs too."""
    lines = (
        (pathlib.Path(__file__).parent / "requirements.txt")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    return " ".join(line for line in lines if line.split("==")[0] in WHEELS)
