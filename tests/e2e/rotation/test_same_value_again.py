# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rejected value that is written once more is known by its fingerprint."""

from __future__ import annotations

import pytest

from tests.e2e.support.looks import PATIENT, actions, changes, states, status, updates
from tests.e2e.support.world import World, digest, vaulted


@pytest.mark.case("S7")
def test_the_same_bad_value_in_a_newer_source_version_is_not_rolled_out_again(
    world: World,
) -> None:
    asked = vaulted("db", "again/db")
    world.put("again/db", password="first")
    world.rotate(asked)
    world.service("web", {"db": "db_v1"}, update=PATIENT)
    world.put("again/db", password="bad-second")
    assert world.rotate(asked).failed
    world.wait_running("web")
    tasks = world.task_ids("web")

    for _time in range(2):
        world.put("again/db", password="bad-second")
        report = world.rotate(asked)

        assert not report.failed, report.message
        assert actions(report) == {"db": ("quarantined", "db_v1")}
        assert any("db_v2" in text for text in report.warnings)
        assert updates(world) == 0
        assert world.names() == ["db_v1", "db_v2"]
        assert status(world, "db_v2") == "quarantined"
        assert world.task_ids("web") == tasks
    # What was found out once is not read, or noted, again and again.
    world.vault.clear_audit()
    quiet = world.rotate(asked)
    assert (quiet.failed, quiet.changed, changes(world)) == (False, False, [])
    assert actions(quiet) == {"db": ("quarantined", "db_v1")}
    paths = [entry["request"]["path"] for entry in world.vault.audit_requests("secret/")]
    assert paths == ["secret/metadata/again/db"]

    world.put("again/db", password="third")
    good = world.rotate(asked)
    assert states(good) == {"web": ("updated", "converged")}
    assert world.shown("web", "db") == {digest("third")}


@pytest.mark.case("S7")
def test_force_tries_it_all_the_same(world: World) -> None:
    asked = vaulted("db", "again/force")
    world.put("again/force", password="first")
    world.rotate(asked)
    world.service("web", {"db": "db_v1"}, update=PATIENT)
    world.put("again/force", password="bad-second")
    assert world.rotate(asked).failed
    world.wait_running("web")
    world.put("again/force", password="bad-second")

    forced = world.rotate(asked, force=True)

    assert states(forced) == {"web": ("updated", "rolled_back")}
    assert world.references("web") == {"db": "db_v1"}
    assert world.shown("web", "db") == {digest("first")}
