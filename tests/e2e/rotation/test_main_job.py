# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job: a new value in the source reaches the consumers as a new version."""

from __future__ import annotations

from tests.e2e.support.world import World, digest, vaulted


def test_a_changed_value_reaches_the_service_as_a_new_version(any_world: World) -> None:
    world = any_world
    world.put("main/db", password="first-value")
    world.rotate(vaulted("db", "main/db"))
    world.service("web", {"db": "db_v1"}, replicas=3)
    world.put("main/db", password="second-value")

    report = world.rotate(vaulted("db", "main/db"))

    assert (report.changed, report.failed) == (True, False)
    assert world.references("web") == {"db": "db_v2"}
    assert world.shown("web", "db") == {digest("second-value")}
    assert world.names() == ["db_v1", "db_v2"]
    assert world.secrets()["db_v2"]["swarmvault.status"] == "active"
    (secret,), (service,) = report.secrets, report.services
    assert (secret.action, secret.current, secret.previous, secret.source_version) == (
        "rotated",
        "db_v2",
        "db_v1",
        2,
    )
    assert (service.name, service.action, service.state) == ("web", "updated", "converged")


def test_a_run_that_finds_nothing_lists_twice_and_reads_one_metadata_per_path(
    world: World,
) -> None:
    world.put("main/db", user="u", password="p")
    requests = [vaulted("user", "main/db", "user"), vaulted("password", "main/db", "password")]
    world.rotate(*requests)
    world.service("web", {"user": "user_v1", "password": "password_v1"})
    tasks = world.task_ids("web")
    world.vault.clear_audit()

    report = world.rotate(*requests)

    assert not report.changed
    assert [s.action for s in report.secrets] == ["unchanged", "unchanged"]
    assert sorted(world.calls) == ["GET /secrets", "GET /services"]
    paths = [r["request"]["path"] for r in world.vault.audit_requests("secret/")]
    assert paths == ["secret/metadata/main/db"]
    assert world.task_ids("web") == tasks


def test_the_same_value_in_a_new_source_version_is_recorded_and_restarts_nothing(
    world: World,
) -> None:
    world.put("main/db", password="same")
    world.rotate(vaulted("db", "main/db"))
    world.service("web", {"db": "db_v1"})
    tasks = world.task_ids("web")
    world.put("main/db", password="same")

    report = world.rotate(vaulted("db", "main/db"))

    assert [s.action for s in report.secrets] == ["recorded"]
    assert world.secrets()["db_v1"]["swarmvault.source_version"] == "2"
    assert world.names() == ["db_v1"]
    assert world.task_ids("web") == tasks
    assert not world.rotate(vaulted("db", "main/db")).changed
