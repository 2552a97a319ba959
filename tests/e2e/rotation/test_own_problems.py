# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A problem of one secret stops that one: the rest is done, and the task fails at its end."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)

from tests.e2e.support.looks import actions, changes, states, status
from tests.e2e.support.world import World, digest, given, vaulted

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

ONE_KEY, OTHER_KEY = SecretValue(b"one key" * 8), SecretValue(b"other key" * 8)


def good_beside(world: World) -> SecretRequest:
    """Have a secret without a problem, a service that uses it, and a new value for it."""
    world.put("own/good", password="first")
    world.rotate(vaulted("good", "own/good"))
    world.service("web", {"good": "good_v1"})
    world.put("own/good", password="second")
    return vaulted("good", "own/good")


def check_only_it_failed(world: World, report: Report, name: str, *told: str) -> None:
    """Check that one secret failed and is named, and that the other one was moved."""
    assert report.failed
    assert report.changed
    failed = {secret.name: secret for secret in report.secrets}[name]
    assert failed.action == "failed"
    for text in told:
        assert text in failed.reason
    assert name in report.message
    assert actions(report)["good"] == ("rotated", "good_v2")
    assert states(report)["web"] == ("updated", "converged")
    assert world.shown("web", "good") == {digest("second")}
    assert status(world, "good_v2") == "active"


def check_the_next_runs(world: World, *requests: SecretRequest, **options: t.Any) -> None:
    """Check that it fails as long as nobody mends it, and that nothing is changed for it."""
    again = world.rotate(*requests, **options)
    assert (again.failed, again.changed, changes(world)) == (True, False, [])


@pytest.mark.case("R5")
@pytest.mark.parametrize(
    ("how", "label"),
    [("discovered", "vault_version"), ("discovered", "vault_engine"), ("listed", "vault_format")],
)
def test_a_broken_label_concerns_its_own_secret(world: World, how: str, label: str) -> None:
    good = good_beside(world)
    world.put("own/broken", password="x")
    world.secret("broken", "by hand", {"vault_path": "own/broken", label: "none of ours"})
    requests = [good] if how == "discovered" else [SecretRequest("broken"), good]
    options = {"discover": how == "discovered", "discover_paths": ("secret/own/*",)}

    report = world.rotate(*requests, **options)

    check_only_it_failed(world, report, "broken", label)
    assert "broken_v1" not in world.names()
    check_the_next_runs(world, *requests, **options)


@pytest.mark.case("R5")
def test_another_hash_key_concerns_what_can_be_told_by_fingerprint_only(world: World) -> None:
    good = good_beside(world)
    handed_over = given("db", "handed over")
    world.rotate(handed_over, hash_key=ONE_KEY)
    world.service("api", {"db": "db_v1"})
    tasks = world.task_ids("api")

    report = world.rotate(handed_over, good, hash_key=OTHER_KEY)

    check_only_it_failed(world, report, "db", "hash_key", "force")
    assert (world.references("api"), world.task_ids("api")) == ({"db": "db_v1"}, tasks)
    check_the_next_runs(world, handed_over, good, hash_key=OTHER_KEY)
    assert not world.rotate(handed_over, good, hash_key=ONE_KEY).failed


@pytest.mark.case("R5")
@pytest.mark.parametrize(
    ("path", "field", "told"), [("own/nothing", "x", "own/nothing"), ("own/there", "y", "y")]
)
def test_a_source_that_is_not_there_concerns_its_own_secret(
    world: World, path: str, field: str, told: str
) -> None:
    good = good_beside(world)
    world.put("own/there", x="1", z="2")
    missing = vaulted("db", path, field)

    report = world.rotate(missing, good)

    check_only_it_failed(world, report, "db", told)
    assert [name for name in world.names() if name.startswith("db")] == []
    check_the_next_runs(world, missing, good)
    # Once it is there, it is made.
    world.put(path, **{field: "x"})
    mended = world.rotate(missing, good)
    assert not mended.failed, mended.message
    assert actions(mended) == {"db": ("created", "db_v1"), "good": ("unchanged", "good_v2")}


@pytest.mark.case("R5")
def test_what_goes_with_a_secret_that_fails_waits_for_it(world: World) -> None:
    """Of two fields of one path, one is not there in the new version."""
    good = good_beside(world)
    pair = [vaulted(name, "own/pair", name) for name in ("user", "password")]
    world.put("own/pair", user="user 1", password="password 1")
    world.rotate(*pair)
    world.service("app", {"user": "user_v1", "password": "password_v1"})
    tasks = world.task_ids("app")
    world.put("own/pair", user="user 2")

    report = world.rotate(*pair, good)

    check_only_it_failed(world, report, "password")
    assert world.references("app") == {"user": "user_v1", "password": "password_v1"}
    assert world.task_ids("app") == tasks
    world.put("own/pair", user="user 3", password="password 3")
    mended = world.rotate(*pair, good)
    assert not mended.failed, mended.message
    for name in ("user", "password"):
        assert world.shown("app", name) == {digest(f"{name} 3")}


@pytest.mark.case("R5", "R7")
def test_check_mode_tells_of_it_before(world: World) -> None:
    good = good_beside(world)
    missing = vaulted("db", "own/nothing", "x")

    planned = world.rotate(missing, good, check=True)

    assert changes(world) == []
    done = world.rotate(missing, good)
    assert actions(planned) == actions(done)
    assert (planned.failed, planned.changed) == (done.failed, done.changed)


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.case("N4")
@pytest.mark.parametrize("length", [60, 61])
def test_a_name_that_allows_for_few_versions_is_told_at_the_start(
    world: World, length: int
) -> None:
    long = "n" * length

    report = world.rotate(given(long, "first"), given("good", "first"))

    assert not report.failed, report.message
    most = 10 ** (64 - len("_v") - length) - 1
    (warning,) = [text for text in report.warnings if long in text]
    assert str(most) in warning
    assert "shorter name" in warning
    assert world.names() == ["good_v1", f"{long}_v1"]


@pytest.mark.case("N4")
def test_where_the_next_number_does_not_fit_only_that_secret_fails(world: World) -> None:
    long = "n" * 61
    for number in range(1, 10):
        report = world.rotate(given(long, f"value {number}"), hash_key=ONE_KEY)
        assert not report.failed, report.message
    assert report.secrets[0].current == f"{long}_v9"
    world.service("app", {"long": f"{long}_v9"})
    tasks = world.task_ids("app")
    good = good_beside(world)
    requests = (given(long, "value 10"), good)

    report = world.rotate(*requests, hash_key=ONE_KEY)

    check_only_it_failed(world, report, long, "64")
    assert (world.references("app"), world.task_ids("app")) == ({"long": f"{long}_v9"}, tasks)
    check_the_next_runs(world, *requests, hash_key=ONE_KEY)
