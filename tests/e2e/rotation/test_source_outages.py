# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever becomes of Vault, what runs goes on running: the task fails, or with keep says so."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import Options
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.rotate import rotate
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.connection import connect

from tests.e2e.support.looks import actions, changes, everything_told
from tests.e2e.support.world import DEADLINE, World, given, vaulted
from tests.e2e.vault.front import Front, after, always, forward

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
        SecretRequest,
    )

    from testbed import OpenBao

#: Makes OpenBao unusable and gives the address to reach it at.
Outage = t.Callable[["OpenBao"], t.ContextManager[str]]


@contextlib.contextmanager
def sealed(bao: OpenBao) -> t.Iterator[str]:
    bao.seal()
    yield bao.url
    bao.unseal()


@contextlib.contextmanager
def stopped(bao: OpenBao) -> t.Iterator[str]:
    bao.stop()
    yield bao.url
    bao.start()


@contextlib.contextmanager
def rate_limited(bao: OpenBao) -> t.Iterator[str]:
    root = bao.client()
    root.write_data(
        "sys/quotas/rate-limit/outage", data={"rate": 1, "interval": "1h", "path": "secret/"}
    )
    root.secrets.kv.v2.read_secret_metadata("outage/db", mount_point="secret")  # that was the one
    yield bao.url
    root.delete("sys/quotas/rate-limit/outage")


@contextlib.contextmanager
def cut_by_a_proxy(bao: OpenBao) -> t.Iterator[str]:
    with Front(always(None)).running() as front:
        yield front.url
    assert bao.running()


OUTAGES = [sealed, stopped, rate_limited, cut_by_a_proxy]


def run(world: World, url: str, *requests: SecretRequest, **options: t.Any) -> Report:
    """Run the core against OpenBao at that address, with little patience."""
    options.setdefault("wait_timeout", DEADLINE)
    reach = world.vault_options(vault_url=url, vault_retries=1, vault_timeout=5)
    with connect(reach) as reader:
        return rotate(requests, Options(**options), SwarmClient(world.transport()), reader)


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_changes_nothing_and_with_keep_is_a_warning(world: World, outage: Outage) -> None:
    world.put("outage/db", password="value-one")
    asked = vaulted("db", "outage/db")
    world.rotate(asked)
    world.service("web", {"db": "db_v1"})
    tasks = world.task_ids("web")
    world.put("outage/db", password="value-two")

    with outage(world.vault) as url:
        with pytest.raises(SourceUnreachableError, match="Nothing was changed") as failure:
            run(world, url, asked, given("other", "handed over"))
        assert changes(world) == []

        kept = run(world, url, asked, given("other", "handed over"), on_source_error="keep")

    assert "db" in str(failure.value)
    assert not kept.failed
    assert actions(kept) == {"db": ("kept", "db_v1"), "other": ("created", "other_v1")}
    assert any(warning.startswith("db: ") for warning in kept.warnings)
    assert "value-" not in everything_told(kept)
    assert world.task_ids("web") == tasks
    # Once it is over, a run does what there is to do.
    assert actions(world.rotate(asked)) == {"db": ("rotated", "db_v2")}


def test_a_proxy_that_cuts_some_connections_only_costs_time(world: World) -> None:
    world.put("outage/db", password="value-one")
    behaviour = after(1, None, forward(world.vault.url, world.vault.ca_cert))
    with Front(behaviour).running() as front:
        report = run(world, front.url, vaulted("db", "outage/db"))
    assert actions(report) == {"db": ("created", "db_v1")}
