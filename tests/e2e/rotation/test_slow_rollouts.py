# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts that take long: progress is waited for, and what is late is not called rejected."""

from __future__ import annotations

import typing as t

import pytest

from tests.e2e.support.looks import actions, reason, states, status, update_state, updates
from tests.e2e.support.world import SECOND, World, digest, vaulted

LATER = {"swarmvault.wave": "1"}
#: With any other value than the first, the task is not ready before somebody says so.
READY = "/dev/shm/ready"
#: Makes a task fail.
FAIL = "/dev/shm/fail"


def started(world: World, path: str, **service: t.Any) -> None:
    """Have a first version, a service that runs it, and a second value."""
    world.put(path, password="first")
    world.rotate(vaulted("db", path))
    world.service("web", {"db": "db_v1"}, **service)
    world.put(path, password="second")


def hesitant() -> dict[str, t.Any]:
    """Return how a service is created whose tasks are ready at once with the first value only."""
    at_once = f"case $(sha256sum /run/secrets/db) in {digest('first')}*) : >{READY} ;; esac"
    until = f"trap 'exit 0' TERM; while sleep 0.2; do test -e {FAIL} && exit 3; done"
    return {
        "command": ("/bin/sh", "-c", f"{at_once}; /app.sh & {until}"),
        "container": {
            "Healthcheck": {
                "Test": ["CMD", "test", "-e", READY],
                "Interval": SECOND // 4,
                "Timeout": 5 * SECOND,
                # Until then it is not unhealthy, it only starts.
                "Retries": 1_000_000,
            }
        },
    }


@pytest.mark.case("S2")
def test_as_long_as_tasks_come_up_one_after_the_other_a_rollout_is_waited_for(
    world: World,
) -> None:
    update = {"Delay": 3 * SECOND, "Parallelism": 1}
    started(world, "slow/steps", replicas=3, update=update)

    # All in all it takes longer than that, from one task to the next it does not.
    report = world.rotate(vaulted("db", "slow/steps"), wait_timeout=8)

    assert not report.failed, report.message
    assert states(report) == {"web": ("updated", "converged")}
    assert world.shown("web", "db") == {digest("second")}
    assert status(world, "db_v2") == "active"


@pytest.mark.case("S2")
@pytest.mark.parametrize("setting", ["Delay", "Monitor"])
def test_a_rollout_whose_own_settings_need_longer_gets_it(world: World, setting: str) -> None:
    """The engine waits ``Delay`` after the last task too, and then watches as long once more."""
    started(world, "slow/settings", replicas=2, update={setting: 4 * SECOND})

    report = world.rotate(vaulted("db", "slow/settings"), wait_timeout=2)

    assert not report.failed, report.message
    assert states(report) == {"web": ("updated", "converged")}
    assert world.shown("web", "db") == {digest("second")}
    assert status(world, "db_v2") == "active"


@pytest.mark.case("S2", "R6")
def test_what_is_late_goes_on_by_itself_and_the_next_run_watches_on(world: World) -> None:
    started(world, "slow/late", **hesitant())
    world.service("api", {"db": "db_v1"}, labels=LATER)
    # Begun with after the one that is late.
    world.service("web2", {"db": "db_v1"})
    waiting = world.task_ids("api")

    report = world.rotate(vaulted("db", "slow/late"), wait_timeout=3, max_parallel=1)

    assert report.failed
    assert "web (late)" in report.message
    assert states(report) == {
        "web": ("updated", "late"),
        "web2": ("updated", "converged"),
        "api": ("skipped", "blocked"),
    }
    assert "web" in reason(report, "api")
    # It stays as the engine has it.
    assert (world.references("web"), update_state(world, "web")) == ({"db": "db_v2"}, "updating")
    assert status(world, "db_v2") == "pending"
    assert actions(report)["db"][0] != "quarantined"
    assert world.task_ids("api") == waiting

    still = world.rotate(vaulted("db", "slow/late"), wait_timeout=3)
    assert still.failed
    assert states(still)["web"][1] == "late"
    assert (updates(world), status(world, "db_v2")) == (0, "pending")

    world.execute("web", "sh", "-c", f": >{READY}")
    done = world.rotate(vaulted("db", "slow/late"))

    assert not done.failed, done.message
    assert states(done)["web"] == ("unchanged", "converged")
    assert states(done)["api"] == ("updated", "converged")
    assert updates(world) == 1
    assert status(world, "db_v2") == "active"
    for name in ("web", "web2", "api"):
        assert world.shown(name, "db") == {digest("second")}


@pytest.mark.case("S2")
def test_what_was_late_and_then_fails_is_found_rejected_by_the_next_run(world: World) -> None:
    started(world, "slow/fails", **hesitant())
    late = world.rotate(vaulted("db", "slow/fails"), wait_timeout=3)
    assert states(late) == {"web": ("updated", "late")}
    world.execute("web", "sh", "-c", f": >{FAIL}")
    world.wait_update("web", "paused")

    report = world.rotate(vaulted("db", "slow/fails"))

    assert report.failed
    assert states(report)["web"][1] == "rolled_back", reason(report, "web")
    assert world.references("web") == {"db": "db_v1"}
    assert status(world, "db_v2") == "quarantined"
    assert world.shown("web", "db") == {digest("first")}
