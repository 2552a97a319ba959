# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody else works on the same services at the same time."""

from __future__ import annotations

import typing as t

import pytest

from testbed.waiting import wait_for
from tests.e2e.support.interference import Hooked, is_look, is_service_update, once
from tests.e2e.support.looks import (
    PATIENT,
    accepts_only,
    actions,
    states,
    status,
    update_state,
    updates,
)
from tests.e2e.support.world import DEADLINE, SECOND, World, digest, vaulted

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
        Transport,
    )

Change = t.Callable[[dict[str, t.Any]], None]


def with_env(value: str) -> Change:
    def change(spec: dict[str, t.Any]) -> None:
        spec["TaskTemplate"]["ContainerSpec"]["Env"] = [value]

    return change


def env_of(world: World, service: str) -> list[str]:
    found: list[str] = world.inspect(service)["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"]
    return found


def test_an_update_that_comes_in_between_is_kept_and_ours_is_made_again(any_world: World) -> None:
    """Right before our update somebody else's takes its place: the engine refuses ours."""
    world = any_world
    world.put("contention/index", password="first")
    world.rotate(vaulted("db", "contention/index"))
    world.service("web", {"db": "db_v1"})
    world.put("contention/index", password="second")
    theirs = once(is_service_update, lambda: world.edit("web", with_env("COLOUR=green")))
    world.wrap = lambda inner: Hooked(inner, before=theirs)

    report = world.rotate(vaulted("db", "contention/index"))

    assert states(report) == {"web": ("updated", "converged")}
    assert world.references("web") == {"db": "db_v2"}
    assert env_of(world, "web") == ["COLOUR=green"]
    assert world.shown("web", "db") == {digest("second")}
    assert status(world, "db_v2") == "active"


def test_a_service_that_somebody_is_updating_is_waited_for(world: World) -> None:
    world.put("contention/busy", password="first")
    world.rotate(vaulted("db", "contention/busy"))
    world.service("web", {"db": "db_v1"}, update={"Monitor": 3 * SECOND})
    world.put("contention/busy", password="second")
    world.edit("web", with_env("COLOUR=green"))
    wait_for(
        "the update by somebody else to begin",
        lambda: update_state(world, "web") == "updating",
        timeout=DEADLINE,
    )
    found: list[str | None] = []
    note = once(is_service_update, lambda: found.append(update_state(world, "web")))
    world.wrap = lambda inner: Hooked(inner, before=note)

    report = world.rotate(vaulted("db", "contention/busy"))

    assert states(report) == {"web": ("updated", "converged")}
    assert found == ["completed"]
    assert env_of(world, "web") == ["COLOUR=green"]
    assert world.references("web") == {"db": "db_v2"}


@pytest.mark.parametrize("moment", ["before our update", "during our watch"])
def test_a_service_removed_meanwhile_is_reported_as_gone(world: World, moment: str) -> None:
    world.put("contention/gone", password="first")
    world.rotate(vaulted("db", "contention/gone"))
    world.service("old", {"db": "db_v1"})
    world.service("web", {"db": "db_v1"})
    world.put("contention/gone", password="second")
    remove = once(is_service_update, lambda: world.client.remove_service("old"))

    def wrap(inner: Transport) -> Transport:
        return Hooked(inner, **{"before" if moment == "before our update" else "after": remove})

    world.wrap = wrap

    report = world.rotate(vaulted("db", "contention/gone"))

    assert not report.failed
    action = "unchanged" if moment == "before our update" else "updated"
    assert states(report) == {"old": (action, "gone"), "web": ("updated", "converged")}
    assert status(world, "db_v2") == "active"


def test_a_service_redeployed_during_our_watch_is_left_to_whoever_did_it(world: World) -> None:
    world.put("contention/redeploy", password="first")
    world.rotate(vaulted("db", "contention/redeploy"))
    world.service("web", {"db": "db_v1"})
    old = world.inspect("web")["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
    world.put("contention/redeploy", password="second")

    def redeploy() -> None:
        def change(spec: dict[str, t.Any]) -> None:
            spec["TaskTemplate"]["ContainerSpec"].update(Secrets=old, Env=["COLOUR=green"])

        world.edit("web", change)

    hook = once(is_service_update, redeploy)
    world.wrap = lambda inner: Hooked(inner, after=hook)

    report = world.rotate(vaulted("db", "contention/redeploy"))

    assert states(report) == {"web": ("updated", "superseded")}
    assert not report.failed
    assert updates(world) == 1
    assert env_of(world, "web") == ["COLOUR=green"]
    assert status(world, "db_v2") == "pending"
    world.wrap = None
    world.wait_running("web")
    after = world.rotate(vaulted("db", "contention/redeploy"))
    assert states(after) == {"web": ("updated", "converged")}
    assert env_of(world, "web") == ["COLOUR=green"]
    assert (world.references("web"), status(world, "db_v2")) == ({"db": "db_v2"}, "active")


def test_an_unrelated_update_during_our_watch_does_not_disturb_it(world: World) -> None:
    world.put("contention/related", password="first")
    world.rotate(vaulted("db", "contention/related"))
    world.service("web", {"db": "db_v1"})
    world.put("contention/related", password="second")
    seen: list[str] = []

    def after(call: str) -> None:
        # Not at the listing that opens the run, but at the first look after our update.
        if is_service_update(call):
            seen.append(call)
        elif seen and is_look(call):
            seen.clear()
            world.edit("web", with_env("COLOUR=green"))

    world.wrap = lambda inner: Hooked(inner, after=after)

    report = world.rotate(vaulted("db", "contention/related"))

    assert states(report) == {"web": ("updated", "converged")}
    assert env_of(world, "web") == ["COLOUR=green"]
    assert world.references("web") == {"db": "db_v2"}
    assert world.shown("web", "db") == {digest("second")}


def test_a_service_paused_by_somebody_elses_update_is_held_until_force(any_world: World) -> None:
    world = any_world
    world.put("contention/paused", password="first")
    world.rotate(vaulted("db", "contention/paused"))
    world.service("web", {"db": "db_v1"}, replicas=2, update=PATIENT)
    world.service("api", {"db": "db_v1"})
    # A release that needs the new password is deployed before the password is rotated.
    new = list(accepts_only(digest("second")))
    world.edit("web", lambda s: s["TaskTemplate"]["ContainerSpec"].update(Command=new))
    wait_for("the pause", lambda: update_state(world, "web") == "paused", timeout=DEADLINE)
    index = world.inspect("web")["Version"]["Index"]
    world.put("contention/paused", password="second")

    held = world.rotate(vaulted("db", "contention/paused"))

    assert held.failed
    assert states(held) == {"api": ("updated", "converged"), "web": ("skipped", "held")}
    assert "web (held): its last update is paused" in held.message
    assert world.inspect("web")["Version"]["Index"] == index
    assert actions(held) == {"db": ("rotated", "db_v2")}
    assert status(world, "db_v2") == "pending"

    forced = world.rotate(vaulted("db", "contention/paused"), force=True)

    assert not forced.failed
    assert states(forced)["web"] == ("updated", "converged")
    assert world.shown("web", "db") == {digest("second")}
