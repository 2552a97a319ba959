# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that a consumer fails with: it goes back, the rest is done, and the task tells all."""

from __future__ import annotations

import pytest

from tests.e2e.support.looks import (
    PATIENT,
    accepts_only,
    actions,
    everything_told,
    reason,
    states,
    status,
    update_state,
    updates,
    wait_shown,
)
from tests.e2e.support.world import SECOND, World, digest, vaulted

NO_ROOM = "insufficient resources"


@pytest.mark.parametrize("failure_action", ["pause", "rollback", "continue"])
def test_a_consumer_that_fails_with_a_new_value_ends_on_the_version_it_had(
    any_world: World, failure_action: str
) -> None:
    """Whoever brings it back: the run (after a pause, or a crash loop), or the engine itself."""
    world = any_world
    world.put("failure/bad", password="first-value")
    world.rotate(vaulted("db", "failure/bad"))
    crash_loop = failure_action == "continue"
    world.service(
        "web",
        {"db": "db_v1"},
        replicas=2,
        update={
            "FailureAction": failure_action,
            "Monitor": SECOND if crash_loop else PATIENT["Monitor"],
            "Parallelism": 0 if crash_loop else 1,
        },
    )
    world.put("failure/bad", password="bad-value")

    report = world.rotate(vaulted("db", "failure/bad"), wait_timeout=8 if crash_loop else 60)

    assert (report.failed, report.changed) == (True, True)
    assert states(report) == {"web": ("updated", "rolled_back")}
    assert actions(report) == {"db": ("quarantined", "db_v1")}
    assert world.references("web") == {"db": "db_v1"}
    world.wait_running("web")
    wait_shown(world, "web", "db", {digest("first-value")})
    assert status(world, "db_v1") == "active"
    labels = world.secrets()["db_v2"]
    assert (labels["swarmvault.status"], labels["swarmvault.failed_on"]) == ("quarantined", "web")
    engines_words = {"pause": "paused", "rollback": "rollback", "continue": "not converged after 8"}
    assert engines_words[failure_action] in reason(report, "web")
    assert "web (rolled_back)" in report.message
    assert "non-zero exit (1)" in report.message
    for value in ("first-value", "bad-value"):
        assert value not in everything_told(report)


def test_a_value_that_fails_after_a_while_is_caught_as_long_as_the_service_is_monitored(
    world: World,
) -> None:
    world.put("failure/slow", password="first")
    world.rotate(vaulted("db", "failure/slow"))
    world.service("web", {"db": "db_v1"}, update={"Monitor": 20 * SECOND})
    world.put("failure/slow", password="slow-bad-second")

    report = world.rotate(vaulted("db", "failure/slow"))

    assert states(report) == {"web": ("updated", "rolled_back")}
    assert "non-zero exit (1)" in report.message
    assert world.references("web") == {"db": "db_v1"}
    assert world.shown("web", "db") == {digest("first")}
    assert status(world, "db_v2") == "quarantined"


def test_everything_unaffected_by_a_failure_is_finished(world: World) -> None:
    requests = [vaulted(name, f"failure/{name}") for name in ("db", "mail")]
    world.put("failure/db", password="first-db")
    world.put("failure/mail", password="first-mail")
    world.rotate(*requests)
    db, mail = {"db": "db_v1"}, {"mail": "mail_v1"}
    later = {"swarmvault.wave": "1"}
    world.service("canary", db, update=PATIENT)
    world.service("mailer", mail)
    world.service("web", {**db, **mail}, env=["SECRET_FILE=/run/secrets/mail"], labels=later)
    world.service("api", db, labels=later)
    untouched = world.task_ids("api")
    world.put("failure/db", password="bad-second-db")
    world.put("failure/mail", password="second-mail")

    report = world.rotate(*requests)

    assert report.failed
    assert states(report) == {
        "canary": ("updated", "rolled_back"),
        "mailer": ("updated", "converged"),
        "api": ("skipped", "blocked"),
        "web": ("updated", "blocked"),
    }
    assert actions(report) == {"db": ("quarantined", "db_v1"), "mail": ("rotated", "mail_v2")}
    # The blocked consumer gets its other secret all the same, in one update.
    assert world.references("web") == {"db": "db_v1", "mail": "mail_v2"}
    assert world.shown("web", "mail") == {digest("second-mail")}
    assert world.references("mailer") == {"mail": "mail_v2"}
    assert world.references("api") == {"db": "db_v1"}
    assert world.task_ids("api") == untouched
    assert (status(world, "db_v2"), status(world, "mail_v2")) == ("quarantined", "active")
    assert "canary" in report.message
    assert "web (blocked): db is left out: its new version failed on canary" in report.message
    assert "mailer" not in report.message


def test_two_secrets_that_fail_together_go_back_together(world: World) -> None:
    requests = [vaulted(name, "failure/pair", name) for name in ("db", "mail")]
    world.put("failure/pair", db="first-db", mail="first-mail")
    world.rotate(*requests)
    world.service("web", {"db": "db_v1", "mail": "mail_v1"}, update=PATIENT)
    world.put("failure/pair", db="bad-db", mail="second-mail")

    report = world.rotate(*requests)

    assert states(report) == {"web": ("updated", "rolled_back")}
    assert updates(world) == 2
    assert world.references("web") == {"db": "db_v1", "mail": "mail_v1"}
    # Which of the two the service failed with, nobody can tell.
    assert (status(world, "db_v2"), status(world, "mail_v2")) == ("quarantined", "quarantined")


def test_a_way_back_that_fails_as_well_is_reported(world: World) -> None:
    """What it needs beside its secret is gone meanwhile, unless it gets the third value."""
    (worker,) = world.bed.workers
    world.put("failure/both", password="first")
    world.rotate(vaulted("db", "failure/both"))
    worker.exec(["sh", "-c", "mkdir -p /srv/failure && touch /srv/failure/needed"])
    *_shell, third = accepts_only(digest("third"))
    mount = {"Type": "bind", "Source": "/srv/failure", "Target": "/srv", "ReadOnly": True}
    world.service(
        "web",
        {"db": "db_v1"},
        update=PATIENT,
        task={"Placement": {"Constraints": ["node.role==worker"]}},
        command=("/bin/sh", "-c", f"test -e /srv/needed && exec /app.sh; {third}"),
        container={"Mounts": [mount]},
    )
    worker.exec(["rm", "/srv/failure/needed"])
    world.put("failure/both", password="second")

    report = world.rotate(vaulted("db", "failure/both"))

    assert report.failed
    assert states(report) == {"web": ("updated", "rollback_failed")}
    assert "web (rollback_failed)" in report.message
    assert "going back failed: rollback_paused" in report.message
    assert "non-zero exit (3)" in report.message
    assert status(world, "db_v2") == "quarantined"
    assert world.references("web") == {"db": "db_v1"}

    # Somebody has to look at such a service; force then gives it a value that works.
    world.put("failure/both", password="third")
    held = world.rotate(vaulted("db", "failure/both"))
    assert (held.failed, states(held)) == (True, {"web": ("skipped", "held")})
    assert "rollback_paused" in held.message
    forced = world.rotate(vaulted("db", "failure/both"), force=True)
    assert states(forced) == {"web": ("updated", "converged")}
    assert world.shown("web", "db") == {digest("third")}


@pytest.mark.case("S3")
def test_a_consumer_that_finds_no_node_in_time_is_put_back_with_the_reason(world: World) -> None:
    world.put("failure/room", password="first")
    world.rotate(vaulted("db", "failure/room"))
    (worker,) = [n for n in world.client.nodes() if n["Spec"]["Role"] == "worker"]
    most = worker["Description"]["Resources"]["MemoryBytes"] * 6 // 10
    world.service(
        "web",
        {"db": "db_v1"},
        # Of two such tasks, the old and the new one, only one finds room.
        task={
            "Placement": {"Constraints": ["node.role==worker"]},
            "Resources": {"Reservations": {"MemoryBytes": most}},
        },
        update={"Order": "start-first"},
    )
    tasks = world.task_ids("web")
    world.put("failure/room", password="second")

    report = world.rotate(vaulted("db", "failure/room"), wait_timeout=4)

    assert states(report) == {"web": ("updated", "unplaceable")}
    assert NO_ROOM in reason(report, "web")
    assert world.references("web") == {"db": "db_v1"}
    assert tasks <= world.task_ids("web")  # it ran on all the time
    assert status(world, "db_v2") == "pending"
    assert update_state(world, "web") == "rollback_completed"
