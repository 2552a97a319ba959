# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions belong to a logical secret, how many stay, and which are needed still."""

from __future__ import annotations

from tests.e2e.support.world import World, given, vaulted


def test_secrets_whose_names_begin_alike_keep_to_their_own_versions(any_world: World) -> None:
    world = any_world
    names = ("db", "db_v", "db_vault_token", "db_v1_extra")
    requests = [given(name, f"{name}-1") for name in names]
    world.rotate(*requests)
    others = {"db_v9": "somebody's", "db_v": "somebody's", "db_old_v1": "somebody's"}
    for name, value in others.items():
        world.secret(name, value)

    for round_number in (2, 3, 4):
        world.rotate(given("db", f"db-{round_number}"))

    left = set(world.names())
    assert left >= set(others), "secrets of others with such names stay"
    assert left >= {f"{name}_v1" for name in names if name != "db"}
    assert {n for n in left if n.startswith("db_v") and n[4:].isdecimal()} == {
        "db_v3",
        "db_v4",
        "db_v9",
    }


def test_a_number_that_somebody_elses_secret_has_is_passed_over(world: World) -> None:
    world.secret("db_v1", "somebody's")

    report = world.rotate(given("db", "one"))

    assert report.secrets[0].current == "db_v2"
    assert world.secrets()["db_v1"] == {}


def test_copied_labels_do_not_make_somebodys_secret_a_version(world: World) -> None:
    world.rotate(given("db", "one"))
    world.secret("mine", "x", labels=world.secrets()["db_v1"])

    for value in ("two", "three", "four"):
        world.rotate(given("db", value), keep_versions=1)

    assert world.names() == ["db_v4", "mine"]


def test_keep_versions_holds_and_what_a_rollback_needs_stays(world: World) -> None:
    world.put("keep/db", password="one")
    request = vaulted("db", "keep/db")
    world.rotate(request)
    world.service("web", {"db": "db_v1"})
    world.put("keep/db", password="two")

    report = world.rotate(request, keep_versions=1)

    assert report.retired == ()
    assert world.names() == ["db_v1", "db_v2"], "PreviousSpec of web refers to db_v1"
    world.put("keep/db", password="three")
    report = world.rotate(request, keep_versions=1)
    assert report.retired == ("db_v1",)
    assert world.names() == ["db_v2", "db_v3"]
    world.put("keep/db", password="four")
    report = world.rotate(request, keep_versions=3)
    assert (report.retired, world.names()) == ((), ["db_v2", "db_v3", "db_v4"])
