# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode and diff mode: the plan, with names and versions, and nothing touched."""

from __future__ import annotations

import typing as t

from tests.e2e.support.controller import Controller, play, rotating
from tests.e2e.support.reach import over_tcp
from tests.e2e.support.snapshot import snapshot
from tests.e2e.support.world import digest, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.world import World


def test_check_mode_gives_the_plan_touches_nothing_and_the_run_does_what_it_said(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    def put() -> str:
        value = canaries.value("plan")
        world.put("plan/db", password=value)
        return value

    put()
    world.rotate(vaulted("db", "plan/db"))
    put()
    world.rotate(vaulted("db", "plan/db"))
    world.service("web", {"db": "db_v2"}, replicas=2)
    world.service("worker")
    value = put()
    before = snapshot(world)
    secrets = [
        {"name": "db", "vault_path": "plan/db", "services": [{"name": "worker", "target": "pw"}]},
        {"name": "key", "data": "{{ key }}"},
    ]

    def run(*options: str) -> t.Any:
        task = rotating(**over_tcp(world.bed), vault_token="{{ token }}", secrets=secrets)
        variables = {"token": world.vault.root_token, "key": canaries.value("plan, data")}
        return controller.run([play(task)], *options, inventory=inventory, variables=variables)

    planned = run("--check", "--diff")

    assert planned.code == 0, planned.output
    assert snapshot(world) == before
    plan = planned.rotation
    assert plan["changed"] is True
    assert plan["diff"] == {
        "before": "secret db_v1\nservice web: db <- db_v2\n",
        "after": (
            "secret db_v3\nsecret key_v1\nservice web: db <- db_v3\nservice worker: pw <- db_v3\n"
        ),
    }
    for line in ("-secret db_v1", "+secret db_v3", "-service web: db <- db_v2"):
        assert line in planned.output
    assert plan["retired"] == ["db_v1"]
    assert {s["name"]: s["state"] for s in plan["services"]} == dict.fromkeys(
        ("web", "worker"), "planned"
    )

    done = run("--diff")

    assert done.code == 0, done.output
    for key in ("secrets", "retired", "diff"):
        assert done.rotation[key] == plan[key]
    assert {s["name"]: s["state"] for s in done.rotation["services"]} == dict.fromkeys(
        ("web", "worker"), "converged"
    )
    assert world.references("web") == {"db": "db_v3"}
    assert world.references("worker") == {"pw": "db_v3"}
    assert world.shown("web", "db") == world.shown("worker", "pw") == {digest(value)}
    assert world.names() == ["db_v2", "db_v3", "key_v1"]
