# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode gives the answer of the run: also where that would change nothing."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)

from tests.e2e.support.looks import PATIENT, accepts_only, actions, changes
from tests.e2e.support.world import SECOND, World, digest, vaulted

ASKED = vaulted("db", "agree/db")
Options = dict[str, t.Any]


def two_values(world: World, **service: t.Any) -> None:
    """Have a first version, a service that runs it, and a second value."""
    world.put("agree/db", password="first")
    world.rotate(ASKED)
    world.service("web", {"db": "db_v1"}, **service)
    world.put("agree/db", password="second")


def held(world: World) -> Options:
    """A service whose own update is paused: it is left alone until somebody repairs it."""
    two_values(world, replicas=2, update=PATIENT)
    world.edit("web", lambda s: s["TaskTemplate"]["ContainerSpec"].update(Command=["false"]))
    world.wait_update("web", "paused")
    assert world.rotate(ASKED).failed
    return {}


def rejected(world: World) -> Options:
    """The value was rejected."""
    two_values(world, update=PATIENT, command=accepts_only(digest("first")))
    assert world.rotate(ASKED).failed
    world.wait_running("web")
    return {}


def rejected_by_one(world: World) -> Options:
    """A version that is good elsewhere failed on a consumer that drifted."""
    two_values(world)
    world.rotate(ASKED)
    world.service("picky", {"db": "db_v1"}, update=PATIENT, command=accepts_only(digest("first")))
    assert world.rotate(ASKED).failed
    world.wait_running("picky")
    return {}


def gone_back(world: World) -> Options:
    """It was rolled back on demand."""
    two_values(world)
    world.rotate(ASKED)
    world.rotate(SecretRequest("db"), state="rolled_back")
    return {"state": "rolled_back"}


def in_use(world: World) -> Options:
    """A version is one too many, and a rollback of the service would need it."""
    two_values(world)
    world.rotate(ASKED, keep_versions=1)
    return {"keep_versions": 1}


def left_in_use(world: World) -> Options:
    """A version is one too many, and still in use by a service that is not to be updated."""
    two_values(world)
    world.service(
        "job",
        {"db": "db_v1"},
        mode={"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
        command=("/bin/true",),
        task={"RestartPolicy": {"Condition": "none"}},
        wait=False,
    )
    world.rotate(ASKED, keep_versions=1)
    return {"keep_versions": 1}


def still_late(world: World) -> Options:
    """The engine is at work on it yet."""
    two_values(world, update={"Monitor": 60 * SECOND})
    world.rotate(ASKED, wait=False)
    return {"wait": False}


def nothing_there(_world: World) -> Options:
    """There is nothing to remove."""
    return {"state": "absent"}


def pending(world: World) -> Options:
    """An earlier run did not wait; by now all is well, and the version is to be marked so."""
    two_values(world)
    world.rotate(ASKED, wait=False)
    world.wait_update("web", "completed")
    return {}


def new_value(world: World) -> Options:
    """There is a new value."""
    two_values(world)
    return {}


QUIET = [
    held,
    rejected,
    rejected_by_one,
    gone_back,
    in_use,
    left_in_use,
    still_late,
    nothing_there,
]


@pytest.mark.case("R7")
@pytest.mark.parametrize("situation", [*QUIET, pending, new_value])
def test_check_mode_tells_whether_the_run_would_change_anything(
    world: World, situation: t.Callable[[World], Options]
) -> None:
    options = situation(world)
    request = SecretRequest("db") if "state" in options else ASKED

    planned = world.rotate(request, check=True, **options)
    touched = changes(world)
    done = world.rotate(request, **options)

    assert touched == []
    assert done.changed is (situation not in QUIET)
    assert planned.changed is done.changed
    assert actions(planned) == actions(done)
    assert planned.retired == done.retired
    names = {service.name for service in planned.services}
    assert names == {service.name for service in done.services}
    if situation in QUIET:
        assert planned.diff()["before"] == planned.diff()["after"]
