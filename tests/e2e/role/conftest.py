# SPDX-License-Identifier: GPL-3.0-or-later
"""Managers with nothing on them but an engine and Python, and archives of the plugin."""

from __future__ import annotations

import contextlib
import tempfile
import typing as t
from pathlib import Path

import pytest

from testbed.registry import Registry
from testbed.system import need
from tests.e2e.role import archives
from tests.e2e.role.playing import Stage
from tests.e2e.support.beds import kept
from tests.e2e.support.canary import Canaries
from tests.e2e.support.plugin import CREDENTIALS, Plugin
from tests.e2e.support.world import World

if t.TYPE_CHECKING:
    from testbed import Bed, Node

#: What the role makes, by its defaults.
FOLDERS = ("/etc/vault-secrets-plugin", "/opt/swarmvault", "/var/lib/swarmvault")


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin."""
    return archives.build(tmp_path_factory.mktemp("archive") / "first.tar")


@pytest.fixture(scope="session")
def next_archive(archive: Path) -> Path:
    """Another version of it."""
    return archives.version(archive, "second")


def _stage(bed: Bed) -> t.Iterator[Stage]:
    need({"ssh": "openssh-client"}, "reaching nodes as Ansible does")
    bed.reset()
    clear(bed)
    with tempfile.TemporaryDirectory(prefix="sv-") as directory:
        token, authority = bed.vault.root_token, bed.vault.ca_cert.read_text()
        variables = {
            "secretprovider_settings": {"VAULT_ADDR": bed.vault.url},
            "secretprovider_credentials": {"token": token, "ca.pem": authority},
        }
        yield Stage(bed, Path(directory), variables)
    bed.reset()
    clear(bed)


def clear(bed: Bed) -> None:
    """Take from the managers what the role or other tests have put there."""
    for node in bed.managers:
        for name in node.exec(["docker", "plugin", "ls", "-q"]).stdout.split():
            node.exec(["docker", "plugin", "rm", "--force", name])
        node.exec(["rm", "-rf", *FOLDERS, CREDENTIALS])


def left(node: Node) -> list[str]:
    """Return which folders of the role are on a node."""
    done = node.exec(["ls", "-d", *FOLDERS], check=False)
    return done.stdout.split()


@pytest.fixture
def oldest_stage(oldest_bed: Bed) -> t.Iterator[Stage]:
    """The oldest engine, on nodes with systemd."""
    yield from _stage(oldest_bed)


@pytest.fixture
def newest_stage(newest_bed: Bed) -> t.Iterator[Stage]:
    """The newest engine."""
    yield from _stage(newest_bed)


@pytest.fixture
def registry(newest_bed: Bed) -> t.Iterator[Plugin]:
    """A registry that the nodes of the newest engine trust."""
    registry = Registry.up(newest_bed.directory / "registry", newest_bed.gateway)
    registry.introduce_to(newest_bed.nodes)
    yield Plugin(newest_bed, registry)
    if not kept():
        registry.down()


@pytest.fixture
def canaries() -> Canaries:
    """What must show up nowhere."""
    return Canaries()


@contextlib.contextmanager
def world_of(bed: Bed) -> t.Iterator[World]:
    """Open its Swarm as it is."""
    with contextlib.closing(bed.client()) as client:
        world = World(bed=bed, client=client, vault=bed.vault)
        try:
            yield world
        finally:
            world.forget()
