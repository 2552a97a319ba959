# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that has two versions of one secret, such as a signing key and the one before it."""

from __future__ import annotations

import pytest

from tests.e2e.support.looks import actions, changes, states, status
from tests.e2e.support.world import World, digest, vaulted


def three_keys(world: World, path: str) -> None:
    """Make two versions of a key, and write a third value."""
    for number in (1, 2):
        world.put(path, key=f"key {number}")
        world.rotate(vaulted("key", path))
    world.put(path, key="key 3")


@pytest.mark.case("S9")
def test_both_references_stay_and_a_warning_names_the_service(world: World) -> None:
    path = "two/keys"
    three_keys(world, path)
    world.service("auth", {"key": "key_v2", "key_before": "key_v1"})
    world.service("web", {"key": "key_v2"})
    tasks = world.task_ids("auth")

    report = world.rotate(vaulted("key", path), keep_versions=1)

    assert not report.failed, report.message
    assert states(report) == {"auth": ("skipped", "skipped"), "web": ("updated", "converged")}
    assert actions(report) == {"key": ("rotated", "key_v3")}
    (warning,) = [text for text in report.warnings if "auth" in text]
    assert "key_v1" in warning
    assert "key_v2" in warning
    assert world.references("auth") == {"key": "key_v2", "key_before": "key_v1"}
    assert world.task_ids("auth") == tasks
    assert world.shown("auth", "key_before") == {digest("key 1")}
    assert status(world, "key_v3") == "active"
    # However few are to be kept: it needs them.
    assert world.names() == ["key_v1", "key_v2", "key_v3"]
    again = world.rotate(vaulted("key", path), keep_versions=1)
    assert (again.failed, again.changed, changes(world)) == (False, False, [])

    # Nor does a way back.
    back = world.rotate(vaulted("key", path), state="rolled_back")
    assert not back.failed, back.message
    assert world.references("web") == {"key": "key_v2"}
    assert world.references("auth") == {"key": "key_v2", "key_before": "key_v1"}
    assert world.task_ids("auth") == tasks


@pytest.mark.case("S9")
def test_its_other_secrets_are_moved_by_one_update_all_the_same(world: World) -> None:
    three_keys(world, "two/others")
    world.put("two/db", password="first")
    world.rotate(vaulted("db", "two/db"))
    world.service("auth", {"key": "key_v2", "key_before": "key_v1", "db": "db_v1"})
    world.put("two/db", password="second")

    report = world.rotate(vaulted("key", "two/others"), vaulted("db", "two/db"))

    assert not report.failed, report.message
    assert states(report) == {"auth": ("updated", "converged")}
    assert any("auth" in text and "key" in text for text in report.warnings)
    assert world.references("auth") == {"key": "key_v2", "key_before": "key_v1", "db": "db_v2"}
    assert world.shown("auth", "db") == {digest("second")}
    assert world.shown("auth", "key_before") == {digest("key 1")}


@pytest.mark.case("S9")
def test_one_version_behind_two_files_is_moved_behind_both(world: World) -> None:
    three_keys(world, "two/files")
    world.service("auth", {"key": "key_v2", "also": "key_v2"})

    report = world.rotate(vaulted("key", "two/files"))

    assert states(report) == {"auth": ("updated", "converged")}
    assert world.references("auth") == {"key": "key_v3", "also": "key_v3"}
    for target in ("key", "also"):
        assert world.shown("auth", target) == {digest("key 3")}
