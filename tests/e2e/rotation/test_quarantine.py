# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that failed is not tried again, until the source holds another one or force is given."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)

from tests.e2e.support.looks import PATIENT, accepts_only, actions, changes, states, status
from tests.e2e.support.world import World, digest, given, kv2, vaulted


def test_a_quarantined_source_version_is_left_alone_until_there_is_a_newer_one(
    any_world: World,
) -> None:
    world = any_world
    world.put("quarantine/db", password="first")
    world.rotate(vaulted("db", "quarantine/db"))
    world.service("web", {"db": "db_v1"}, update=PATIENT)
    world.put("quarantine/db", password="bad-second")
    assert world.rotate(vaulted("db", "quarantine/db")).failed
    world.wait_running("web")
    tasks, secrets = world.task_ids("web"), world.secrets()

    again = world.rotate(vaulted("db", "quarantine/db"))

    assert (again.failed, again.changed) == (False, False)
    assert actions(again) == {"db": ("quarantined", "db_v1")}
    (warning,) = again.warnings
    assert warning.startswith("db: source version 2 is quarantined: db_v2 failed on web")
    assert states(again) == {}
    assert changes(world) == []
    assert (world.task_ids("web"), world.secrets()) == (tasks, secrets)

    world.put("quarantine/db", password="third")
    newer = world.rotate(vaulted("db", "quarantine/db"))

    assert (newer.failed, newer.warnings) == (False, ())
    assert actions(newer) == {"db": ("rotated", "db_v3")}
    assert states(newer) == {"web": ("updated", "converged")}
    assert world.shown("web", "db") == {digest("third")}


def test_force_tries_a_quarantined_value_again(world: World) -> None:
    world.put("quarantine/force", password="first")
    world.rotate(vaulted("db", "quarantine/force"))
    world.service("web", {"db": "db_v1"}, update=PATIENT, command=accepts_only(digest("first")))
    world.put("quarantine/force", password="second")
    assert world.rotate(vaulted("db", "quarantine/force")).failed

    # Still no good: it is tried, and goes back once more.
    forced = world.rotate(vaulted("db", "quarantine/force"), force=True)
    assert states(forced) == {"web": ("updated", "rolled_back")}
    assert world.references("web") == {"db": "db_v1"}
    assert status(world, "db_v3") == "quarantined"

    # The application was repaired meanwhile.
    both = accepts_only(digest("first"), digest("second"))
    world.edit("web", lambda s: s["TaskTemplate"]["ContainerSpec"].update(Command=list(both)))
    world.wait_running("web")
    assert actions(world.rotate(vaulted("db", "quarantine/force")))["db"] == (
        "quarantined",
        "db_v1",
    )
    repaired = world.rotate(vaulted("db", "quarantine/force"), force=True)
    assert (repaired.failed, actions(repaired)) == (False, {"db": ("rotated", "db_v4")})
    assert world.shown("web", "db") == {digest("second")}
    assert not world.rotate(vaulted("db", "quarantine/force")).changed


@pytest.mark.parametrize("origin", ["data", "kv1"])
def test_without_source_versions_the_same_value_is_not_tried_again_but_another_one_is(
    world: World, origin: str
) -> None:
    def request(value: str) -> SecretRequest:
        if origin == "data":
            return given("db", value)
        world.vault.put("quarantine/old", mount="kv1", password=value)
        return SecretRequest("db", kv2("quarantine/old", mount="kv1", engine="kv1"))

    world.rotate(request("first"))
    world.service("web", {"db": "db_v1"}, update=PATIENT)
    assert world.rotate(request("bad-second")).failed
    world.wait_running("web")
    tasks, names = world.task_ids("web"), world.names()

    again = world.rotate(request("bad-second"))

    assert (again.failed, again.changed, changes(world)) == (False, False, [])
    assert actions(again) == {"db": ("quarantined", "db_v1")}
    assert "db_v2 failed on web" in again.warnings[0]
    assert (world.task_ids("web"), world.names()) == (tasks, names)

    other = world.rotate(request("third"))

    assert actions(other) == {"db": ("rotated", "db_v3")}
    assert states(other) == {"web": ("updated", "converged")}


def test_the_first_value_again_after_a_bad_one_needs_no_new_version(world: World) -> None:
    world.rotate(given("db", "first"))
    world.service("web", {"db": "db_v1"}, update=PATIENT)
    assert world.rotate(given("db", "bad-second")).failed
    world.wait_running("web")
    tasks = world.task_ids("web")

    report = world.rotate(given("db", "first"))

    assert (report.failed, actions(report)) == (False, {"db": ("unchanged", "db_v1")})
    assert world.task_ids("web") == tasks


def test_a_consumer_that_a_proven_version_fails_on_is_left_alone_and_only_this_one(
    world: World,
) -> None:
    world.put("quarantine/drift", password="first")
    world.rotate(vaulted("db", "quarantine/drift"))
    world.service("web", {"db": "db_v1"})
    world.put("quarantine/drift", password="second")
    world.rotate(vaulted("db", "quarantine/drift"))
    # Deployed with the old reference, and it works with nothing else.
    world.service("picky", {"db": "db_v1"}, update=PATIENT, command=accepts_only(digest("first")))
    web = world.task_ids("web")

    failed = world.rotate(vaulted("db", "quarantine/drift"))

    assert states(failed) == {"picky": ("updated", "rolled_back")}
    assert world.references("picky") == {"db": "db_v1"}
    labels = world.secrets()["db_v2"]
    assert (labels["swarmvault.status"], labels["swarmvault.failed_on"]) == ("active", "picky")
    world.wait_running("picky")
    picky = world.task_ids("picky")

    again = world.rotate(vaulted("db", "quarantine/drift"))

    assert (again.failed, again.changed, changes(world)) == (False, False, [])
    assert states(again) == {"picky": ("skipped", "skipped")}
    assert again.warnings == ("picky: db_v2 failed on it before; force tries again",)
    assert (world.task_ids("picky"), world.task_ids("web")) == (picky, web)

    # Another consumer that drifted is repaired as ever.
    world.service("api", {"db": "db_v1"})
    other = world.rotate(vaulted("db", "quarantine/drift"))
    assert states(other)["api"] == ("updated", "converged")
    assert (world.task_ids("picky"), world.task_ids("web")) == (picky, web)
