# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Further versions of the plugin, made of one that a registry has, since a build takes long."""

from __future__ import annotations

import io
import json
import tarfile
import typing as t

from testbed.registry import MANIFEST_LIST
from tests.e2e.support.plugin import NAME

if t.TYPE_CHECKING:
    from testbed.registry import Registry

CONFIG = "application/vnd.docker.plugin.v1+json"


def push_that_does_not_start(registry: Registry, tag: str, broken: str) -> None:
    """Push the same plugin with a program that is not there."""
    manifest = registry.get(f"{NAME}/manifests/{tag}").json()
    config = _config(registry, manifest)
    config["Entrypoint"] = ["/nosuch"]
    described = registry.push(NAME, json.dumps(config).encode())
    registry.tag(NAME, broken, {**manifest, "config": {"mediaType": CONFIG, **described}})


def push_for_architecture(registry: Registry, tag: str, of_all: str) -> None:
    """Push it under a tag for one architecture, and a manifest list under the tag itself."""
    manifest = registry.get(f"{NAME}/manifests/{tag}").json()
    registry.tag(NAME, f"{of_all}-amd64", manifest)
    listed = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_LIST,
        "manifests": [
            {
                "mediaType": manifest["mediaType"],
                "digest": registry.get(f"{NAME}/manifests/{tag}").headers["Docker-Content-Digest"],
                "size": len(registry.get(f"{NAME}/manifests/{tag}").content),
                "platform": {"architecture": "amd64", "os": "linux"},
            }
        ],
    }
    registry.tag(NAME, of_all, listed)


def archive_of(registry: Registry, tag: str) -> bytes:
    """Return it as an archive of ``config.json`` and ``rootfs/``."""
    manifest = registry.get(f"{NAME}/manifests/{tag}").json()
    config = _config(registry, manifest)
    config.pop("rootfs", None)
    written = io.BytesIO()
    (layer,) = manifest["layers"]
    blob = registry.get(f"{NAME}/blobs/{layer['digest']}").content
    with (
        tarfile.open(fileobj=io.BytesIO(blob)) as source,
        tarfile.open(fileobj=written, mode="w") as target,
    ):
        entry = tarfile.TarInfo("config.json")
        content = json.dumps(config).encode()
        entry.size, entry.mode = len(content), 0o644
        target.addfile(entry, io.BytesIO(content))
        for member in source:
            file = source.extractfile(member) if member.isfile() else None
            member.name = f"rootfs/{member.name}"
            if member.islnk():
                member.linkname = f"rootfs/{member.linkname}"
            target.addfile(member, file)
    return written.getvalue()


def _config(registry: Registry, manifest: dict[str, t.Any]) -> dict[str, t.Any]:
    found: dict[str, t.Any] = registry.get(f"{NAME}/blobs/{manifest['config']['digest']}").json()
    return found
