# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the end-to-end tests: real Swarm nodes, a real OpenBao and a real PostgreSQL.

``SWARMVAULT_BED`` names the bed (default ``e2e``), so that two people can test side by side;
``SWARMVAULT_KEEP_BED=1`` leaves it running, to look around in.
"""

from __future__ import annotations

import contextlib
import typing as t

import pytest

from testbed import Bed, Postgres
from testbed.postgres_image import login_image
from tests.e2e.support.beds import bed_name, kept
from tests.e2e.support.shop import Shop, prepare
from tests.e2e.support.world import World

NEWEST = "forky"
OLDEST = "bookworm"


def _bed(generation: str) -> t.Iterator[Bed]:
    name = bed_name()
    bed = Bed.up(name=name if generation == NEWEST else f"{name}-old", generation=generation)
    yield bed
    if not kept():
        bed.down()


@pytest.fixture(scope="session")
def newest_bed() -> t.Iterator[Bed]:
    """Three managers and a worker with the newest engine."""
    yield from _bed(NEWEST)


@pytest.fixture(scope="session")
def oldest_bed() -> t.Iterator[Bed]:
    """Three managers and a worker with the oldest engine."""
    yield from _bed(OLDEST)


def _world(bed: Bed) -> t.Iterator[World]:
    bed.reset()
    with contextlib.closing(bed.client()) as client:
        world = World(bed=bed, client=client, vault=bed.vault)
        yield world
        world.forget()


@pytest.fixture
def world(newest_bed: Bed) -> t.Iterator[World]:
    """An empty Swarm of the newest engine, with OpenBao."""
    yield from _world(newest_bed)


@pytest.fixture(params=[OLDEST, NEWEST])
def any_world(request: pytest.FixtureRequest) -> t.Iterator[World]:
    """An empty Swarm, of each engine generation in turn."""
    fixture = "oldest_bed" if request.param == OLDEST else "newest_bed"
    yield from _world(request.getfixturevalue(fixture))


@pytest.fixture(scope="session")
def postgres(newest_bed: Bed) -> t.Iterator[Postgres]:
    """A database that this machine and the containers of the nodes reach, known to OpenBao."""
    addresses = ("127.0.0.1", newest_bed.gateway)
    server = Postgres.up(newest_bed.directory / "postgres", addresses)
    prepare(newest_bed.vault, server)
    newest_bed.load_image(login_image())
    yield server
    if not kept():
        server.down()


@pytest.fixture
def shop(world: World, postgres: Postgres) -> t.Iterator[Shop]:
    """An empty Swarm with that database, in which no credential was made yet."""
    shop = Shop(world, postgres)
    shop.open()
    yield shop
    shop.close()
