# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node images: a Debian root file system with an engine, built once per generation and recipe."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
from pathlib import Path

import docker
import docker.errors

from testbed import settings
from testbed.engine import HostEngine
from testbed.errors import BedError
from testbed.generations import Generation
from testbed.locks import exclusive
from testbed.system import log, need, remove_tree, run

REPOSITORY = "swarmvault-testbed/node"

#: What Ansible modules need on a node; the pins are those of requirements.txt.
ON_NODES = ("docker", "hvac")

#: debootstrap's recipe for the newest Debian fits older ones too, and an older debootstrap knows it
#: where it does not know the release's name.
SCRIPT = "sid"


def tag(generation: Generation) -> str:
    """Name an image by what it is made from: a changed recipe is another image."""
    recipe = "\n".join(
        [
            generation.name,
            *generation.packages,
            *_requirements(),
            (settings.FILES / "node-setup.sh").read_text(encoding="utf-8"),
        ]
    )
    return f"{REPOSITORY}:{generation.name}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def ensure_node_image(engine: HostEngine, generation: Generation) -> str:
    """Have the image in this engine: there already, or loaded from the cache, or built."""
    name = tag(generation)
    with (
        exclusive(f"image-{generation.name}"),
        contextlib.closing(engine.client(timeout=600)) as client,
    ):
        if name not in _present(client):
            archive = settings.cache_dir() / f"node-{name.partition(':')[2]}.tar"
            if not archive.exists():
                _build(generation, archive)
            _load(client, name, archive)
            _drop_older(client, name)
    return name


def prune() -> list[str]:
    """Remove every cached image, an own engine's data included; give what was removed."""
    engine = HostEngine.find()
    removed = []
    if engine:
        if engine.own:
            raise BedError(
                "the own engine still runs a bed: bring all of them down first (down --all)"
            )
        with contextlib.closing(engine.client()) as client:
            removed = _present(client)
            for name in removed:
                client.remove_image(name, force=True)
    for path in sorted(settings.cache_dir().iterdir()):
        if path.is_dir():
            remove_tree(path)
        else:
            path.unlink()
        removed.append(str(path))
    return removed


def _present(client: docker.APIClient) -> list[str]:
    images = client.images(filters={"reference": f"{REPOSITORY}:*"})
    return [name for image in images for name in image.get("RepoTags") or ()]


def _load(client: docker.APIClient, name: str, archive: Path) -> None:
    log(f"loading the node image {name}")
    repository, _colon, version = name.partition(":")
    client.import_image_from_file(str(archive), repository=repository, tag=version)
    if name not in _present(client):
        archive.unlink()
        raise BedError(
            f"the engine did not take {archive}: it is removed, the next start builds it anew"
        )


def _drop_older(client: docker.APIClient, name: str) -> None:
    generation = name.rpartition("-")[0]
    for other in _present(client):
        if other != name and other.startswith(f"{generation}-"):
            # A bed that runs it keeps it.
            with contextlib.suppress(docker.errors.APIError):
                client.remove_image(other)


def _build(generation: Generation, archive: Path) -> None:
    need({"debootstrap": "debootstrap"}, "building a node image")
    if os.geteuid() != 0:
        raise BedError(
            "only root can build a node image (debootstrap makes device nodes and uses chroot): "
            "run `python -m testbed images` as root once"
        )
    log(f"building the node image {generation.name} from Debian packages: one to two minutes")
    root = settings.cache_dir() / f"build-{generation.name}"
    remove_tree(root)
    try:
        _populate(root, generation)
        partial = archive.with_suffix(".partial")
        # An engine makes /dev, /proc and /sys itself.
        without = [f"--exclude=./{directory}/*" for directory in ("dev", "proc", "sys")]
        run(
            [
                "tar",
                "--numeric-owner",
                *without,
                f"--directory={root}",
                f"--file={partial}",
                "--create",
                ".",
            ]
        )
        partial.rename(archive)
    finally:
        remove_tree(root)
    for old in settings.cache_dir().glob(f"node-{generation.name}-*.tar"):
        if old != archive:
            old.unlink()


def _populate(root: Path, generation: Generation) -> None:
    packages = f"--include={','.join(generation.packages)}"
    # An empty mirror, which has to stand before the script, means debootstrap's default.
    source = [generation.name, str(root), settings.mirror() or "", SCRIPT]
    run(["debootstrap", "--variant=minbase", packages, *source])
    _download_wheels(root / "tmp" / "wheels")
    shutil.copy(settings.FILES / "node-setup.sh", root / "tmp")
    run(["chroot", root, "/bin/sh", "/tmp/node-setup.sh"])


def _download_wheels(target: Path) -> None:
    """Fetch wheels for any Python and platform: the node's Python is not the one that runs this."""
    any_python = ["--implementation=py", "--abi=none", "--platform=any", "--python-version=3.11"]
    download = [sys.executable, "-m", "pip", "download", "--quiet", f"--dest={target}"]
    run([*download, "--only-binary=:all:", *any_python, *_requirements()])


def _requirements() -> list[str]:
    pins = Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8").split()
    return [pin for pin in pins if pin.split("==")[0] in ON_NODES]
