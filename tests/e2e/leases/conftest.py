# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests of leased credentials: a real PostgreSQL beside Swarm and OpenBao."""

from __future__ import annotations

import os
import typing as t

import pytest

from testbed import Postgres
from testbed.postgres_image import login_image
from tests.e2e.leases import shop as shop_support
from tests.e2e.leases.shop import DATABASE, Shop

if t.TYPE_CHECKING:
    from testbed import Bed
    from tests.e2e.support.world import World


@pytest.fixture(scope="session")
def postgres(newest_bed: Bed) -> t.Iterator[Postgres]:
    """A database that this machine and the containers of the nodes reach."""
    addresses = ("127.0.0.1", newest_bed.gateway)
    server = Postgres.up(newest_bed.directory / "postgres", addresses)
    shop_support.prepare(newest_bed.vault, server)
    newest_bed.load_image(login_image())
    yield server
    if os.environ.get("SWARMVAULT_KEEP_BED") != "1":
        server.down()


@pytest.fixture
def shop(world: World, postgres: Postgres) -> t.Iterator[Shop]:
    """An empty Swarm, and no credential but the static one."""
    end_leases(world)
    postgres.sql("truncate logins", DATABASE)
    shop_support.role(world.vault, "shop", shop_support.LEASE_SECONDS)
    world.vault.clear_audit()
    made = Shop(world, postgres, seen=len(postgres.log()))
    yield made
    made.close()
    end_leases(world)


def end_leases(world: World) -> None:
    """End every lease of the database and drop its role."""
    world.vault.client().sys.revoke_prefix("database/creds/")
