# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker plugin in a real Swarm of each engine: from a registry, on all managers."""

from __future__ import annotations

import contextlib
import io
import tarfile
import typing as t

import pytest
from builder import debian

from testbed.registry import Registry
from tests.e2e.conftest import NEWEST, OLDEST
from tests.e2e.support.beds import kept
from tests.e2e.support.plugin import Plugin
from tests.e2e.support.world import World

if t.TYPE_CHECKING:
    from pathlib import Path

BASE = "debian-python:1"


@pytest.fixture(scope="package", params=[OLDEST, NEWEST])
def plugin(request: pytest.FixtureRequest) -> t.Iterator[Plugin]:
    """A bed with a registry and no plugin yet."""
    bed = request.getfixturevalue("oldest_bed" if request.param == OLDEST else "newest_bed")
    bed.reset()
    registry = Registry.up(bed.directory / "registry", bed.gateway)
    registry.introduce_to(bed.nodes)
    plugin = Plugin(bed, registry)
    plugin.remove()
    yield plugin
    bed.reset()
    plugin.remove()
    if not kept():
        registry.down()


@pytest.fixture
def plugin_world(plugin: Plugin) -> t.Iterator[World]:
    """An empty Swarm with it."""
    plugin.bed.reset()
    with contextlib.closing(plugin.bed.client()) as client:
        world = World(bed=plugin.bed, client=client, vault=plugin.bed.vault)
        yield world
        world.forget()


@pytest.fixture(scope="package")
def installed(plugin: Plugin, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Plugin]:
    """Push one of Debian's packages and one on an image, and install the first."""
    plugin.build("1")
    plugin.push("1")
    import_base(plugin, tmp_path_factory.mktemp("base"))
    before = leftovers(plugin)
    plugin.build("2", BASE)
    assert leftovers(plugin) == before
    entrypoint = inspect(plugin, "2")["Config"]["Entrypoint"]
    assert entrypoint[0] == "/usr/local/bin/python3"
    plugin.push("2")

    vault = plugin.bed.vault
    plugin.put_credentials(token=vault.root_token, ca__pem=vault.ca_cert.read_bytes())
    plugin.install("1", VAULT_ADDR=vault.url, VAULT_ALLOWED_PATHS="secret/{stack}/*")
    yield plugin
    with contextlib.closing(plugin.bed.client()) as client:
        client.remove_image(BASE)


def import_base(plugin: Plugin, folder: Path) -> None:
    """Import a Debian tree without a shell, as distroless is, with a Python of its own."""
    debian.unpack_packages(folder / "rootfs", folder)
    tree = io.BytesIO()
    with tarfile.open(fileobj=tree, mode="w") as archive:
        archive.add(folder / "rootfs", ".")
        link = tarfile.TarInfo("usr/local/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, "../../bin/python3"
        archive.addfile(link)
    name, _colon, tag = BASE.partition(":")
    with contextlib.closing(plugin.bed.client()) as client:
        client.import_image(tree.getvalue(), repository=name, tag=tag)


def leftovers(plugin: Plugin) -> tuple[set[str], set[str]]:
    """Return the images of the engine, and the containers that were never started."""
    with contextlib.closing(plugin.bed.client()) as client:
        containers = client.containers(all=True, filters={"status": "created"})
        found = client.images(all=True), containers
    images, made = ({one["Id"] for one in some} for some in found)
    return images, made


def inspect(plugin: Plugin, tag: str) -> dict[str, t.Any]:
    with contextlib.closing(plugin.bed.client()) as client:
        return t.cast("dict[str, t.Any]", client.inspect_plugin(plugin.reference(tag)))
