# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker plugin in a real Swarm of each engine: from a registry, on all managers."""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from testbed import Bed
from testbed.registry import Registry
from tests.e2e.conftest import NEWEST, OLDEST
from tests.e2e.support.beds import kept
from tests.e2e.support.plugin import Plugin
from tests.e2e.support.world import World


@pytest.fixture(scope="module", params=[OLDEST, NEWEST])
def plugin(request: pytest.FixtureRequest) -> t.Iterator[Plugin]:
    """A bed with a registry and no plugin yet; the tests of a module share what they install."""
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


@pytest.fixture(scope="package")
def released(newest_bed: Bed) -> t.Iterator[Plugin]:
    """The newest bed, and a registry with the plugin under the tag "released", built only once.

    Who wants it installed does so, since the tests of another module may have removed it.
    """
    registry = Registry.up(newest_bed.directory / "releases", newest_bed.gateway)
    registry.introduce_to(newest_bed.nodes)
    plugin = Plugin(newest_bed, registry)
    plugin.remove()
    plugin.build("released")
    plugin.push("released")
    yield plugin
    newest_bed.reset()
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
