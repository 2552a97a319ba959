# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The four answers to a consumer that fails: ``on_failure``."""

from __future__ import annotations

import pytest

from tests.e2e.support.looks import (
    PATIENT,
    accepts_only,
    actions,
    reason,
    states,
    status,
    update_state,
    updates,
)
from tests.e2e.support.world import World, digest, vaulted

LATER = {"swarmvault.wave": "1"}
LAST = {"swarmvault.wave": "2"}


#: Each from a path of its own: they do not depend on each other.
REQUESTS = (vaulted("db", "on_failure/db"), vaulted("mail", "on_failure/mail"))


def put(world: World, **values: str) -> None:
    """Write new values."""
    for name, value in values.items():
        world.put(f"on_failure/{name}", password=value)


@pytest.fixture
def three(world: World) -> World:
    """``first`` works with any value, ``picky`` only with the old one, ``last`` comes after it."""
    put(world, db="first", mail="first-mail")
    world.rotate(*REQUESTS)
    both = {"db": "db_v1", "mail": "mail_v1"}
    only_old = accepts_only(digest("first"))
    world.service("first", both)
    world.service("picky", {"db": "db_v1"}, labels=LATER, update=PATIENT, command=only_old)
    world.service("last", {"db": "db_v1"}, labels=LAST)
    put(world, db="second", mail="second-mail")
    return world


def test_rollback_returns_the_consumer_that_failed_and_leaves_those_that_converged(
    three: World,
) -> None:
    report = three.rotate(*REQUESTS)

    assert states(report) == {
        "first": ("updated", "converged"),
        "picky": ("updated", "rolled_back"),
        "last": ("skipped", "blocked"),
    }
    assert three.references("first") == {"db": "db_v2", "mail": "mail_v2"}
    assert three.references("picky") == three.references("last") == {"db": "db_v1"}
    # Nor does the next run move the one back that runs well.
    tasks = three.task_ids("first")
    again = three.rotate(*REQUESTS)
    assert (again.changed, again.failed, three.task_ids("first")) == (False, False, tasks)
    assert actions(again) == {"db": ("quarantined", "db_v1"), "mail": ("unchanged", "mail_v2")}


def test_rollback_all_returns_those_that_converged_too_but_keeps_their_other_secrets(
    three: World,
) -> None:
    report = three.rotate(*REQUESTS, on_failure="rollback_all")

    assert states(report) == {
        "first": ("updated", "rolled_back"),
        "picky": ("updated", "rolled_back"),
        "last": ("skipped", "blocked"),
    }
    assert "together with picky" in reason(report, "first")
    assert three.references("first") == {"db": "db_v1", "mail": "mail_v2"}
    assert three.shown("first", "db") == {digest("first")}
    assert three.shown("first", "mail") == {digest("second-mail")}
    assert three.references("picky") == three.references("last") == {"db": "db_v1"}
    assert (status(three, "db_v2"), status(three, "mail_v2")) == ("quarantined", "active")
    assert three.secrets()["db_v2"]["swarmvault.failed_on"] == "picky"
    again = three.rotate(*REQUESTS, on_failure="rollback_all")
    assert (again.changed, again.failed, updates(three)) == (False, False, 0)


def test_pause_leaves_the_consumer_as_the_engine_left_it(three: World) -> None:
    report = three.rotate(*REQUESTS, on_failure="pause")

    assert states(report) == {
        "first": ("updated", "converged"),
        "picky": ("updated", "failed"),
        "last": ("skipped", "blocked"),
    }
    assert update_state(three, "picky") == "paused"
    assert three.references("picky") == {"db": "db_v2"}
    assert "non-zero exit (3)" in report.message
    assert (status(three, "db_v2"), actions(report)["db"][0]) == ("quarantined", "quarantined")
    index = three.inspect("picky")["Version"]["Index"]

    again = three.rotate(*REQUESTS, on_failure="pause")

    assert not again.changed
    assert three.inspect("picky")["Version"]["Index"] == index
    # Whoever asks for a rollback later gets it.
    back = three.rotate(*REQUESTS, on_failure="rollback")
    assert states(back) == {"picky": ("updated", "converged")}
    assert three.references("picky") == {"db": "db_v1"}
    assert three.references("first")["db"] == "db_v2"


def test_continue_leaves_the_consumer_and_goes_on_to_the_others(three: World) -> None:
    report = three.rotate(*REQUESTS, on_failure="continue")

    assert report.failed
    assert states(report) == {
        "first": ("updated", "converged"),
        "picky": ("updated", "failed"),
        "last": ("updated", "converged"),
    }
    assert "picky (failed)" in report.message
    assert update_state(three, "picky") == "paused"
    assert three.references("picky") == three.references("last") == {"db": "db_v2"}
    assert three.shown("last", "db") == {digest("second")}
    assert status(three, "db_v2") == "pending"
