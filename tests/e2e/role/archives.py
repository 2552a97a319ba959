# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugin as an archive, built once, and what becomes of it: versions, an image, broken ones."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tarfile
import typing as t

from tests.e2e.support.plugin import BUILD

if t.TYPE_CHECKING:
    from pathlib import Path

    import docker

    from testbed import Bed

ROOTFS = "rootfs/"


def build(archive: Path) -> Path:
    """Build it."""
    command = [str(BUILD), "secretprovider", "--base-image", "debian-packages", "--archive"]
    subprocess.run(
        [*command, str(archive)], env={**os.environ, "PYTHON": sys.executable}, check=True
    )
    return archive


def version(archive: Path, name: str, **config: t.Any) -> Path:
    """Write another version beside it, with other words in its configuration."""
    other = archive.with_name(f"{name}.tar")
    with tarfile.open(archive) as source, tarfile.open(other, "w") as target:
        for member in source:
            content = source.extractfile(member) if member.isfile() else None
            if member.name == "config.json" and content:
                text = json.dumps({**json.load(content), "description": name, **config}).encode()
                member.size, content = len(text), io.BytesIO(text)
            target.addfile(member, content)
    return other


def push(bed: Bed, archive: Path, reference: str) -> None:
    """Bring an archive to the registry by way of the first manager."""
    with contextlib.closing(bed.client(timeout=300)) as client, archive.open("rb") as content:
        answer = client.post(
            f"{client.base_url}/plugins/create",
            params={"name": reference},
            data=content,
            headers={"Content-Type": "application/x-tar"},
        )
        answer.raise_for_status()
    for command in ("push", "rm"):
        bed.managers[0].exec(["docker", "plugin", command, reference])


def import_base(client: docker.APIClient, archive: Path, image: str) -> None:
    """Make an image of what the plugin stands on: Python on Debian, without a shell."""
    tree = io.BytesIO()
    with tarfile.open(archive) as source, tarfile.open(fileobj=tree, mode="w") as target:
        for member in source:
            if member.name.startswith(ROOTFS) and not member.name.startswith(f"{ROOTFS}opt/"):
                content = source.extractfile(member) if member.isfile() else None
                member.name = member.name.removeprefix(ROOTFS)
                target.addfile(member, content)
    name, _colon, tag = image.partition(":")
    client.import_image(tree.getvalue(), repository=name, tag=tag)
