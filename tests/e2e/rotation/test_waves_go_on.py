# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lets the next wave begin, and what does not; labels that say nothing of waves."""

from __future__ import annotations

import typing as t

import pytest

from tests.e2e.support.interference import Hooked, is_service_update, once
from tests.e2e.support.looks import PATIENT, actions, reason, states, status
from tests.e2e.support.world import World, digest, vaulted

WAVE = "swarmvault.wave"
LATER = {WAVE: "1"}
ASKED = vaulted("db", "wavesgo/db")


def canary_and_web(world: World, **canary: t.Any) -> set[str]:
    """Have a service in the first wave and one in the next; return the tasks of the latter."""
    world.put("wavesgo/db", password="first")
    world.rotate(ASKED)
    world.service("canary", {"db": "db_v1"}, **{"update": PATIENT, **canary})
    world.service("web", {"db": "db_v1"}, labels=LATER)
    return world.task_ids("web")


def check_blocked(world: World, report: t.Any, tasks: set[str]) -> None:
    """Check that the second wave was not begun."""
    assert report.failed
    assert states(report)["web"] == ("skipped", "blocked")
    assert "canary" in reason(report, "web")
    assert world.references("web") == {"db": "db_v1"}
    assert world.task_ids("web") == tasks


@pytest.mark.case("R6")
def test_after_a_canary_that_somebody_deployed_anew_no_further_wave_begins(
    world: World,
) -> None:
    tasks = canary_and_web(world, update={})
    old = world.inspect("canary")["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
    world.put("wavesgo/db", password="second")

    def redeploy() -> None:
        world.edit("canary", lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Secrets=old))

    hook = once(is_service_update, redeploy)
    world.wrap = lambda inner: Hooked(inner, after=hook)

    report = world.rotate(ASKED)

    world.wrap = None
    assert states(report)["canary"] == ("updated", "superseded")
    check_blocked(world, report, tasks)
    assert status(world, "db_v2") == "pending"
    world.wait_running("canary")
    done = world.rotate(ASKED)
    assert not done.failed, done.message
    for name in ("canary", "web"):
        assert world.shown(name, "db") == {digest("second")}


@pytest.mark.case("R6")
def test_a_canary_that_is_scaled_meanwhile_is_judged_all_the_same(world: World) -> None:
    tasks = canary_and_web(world)
    world.put("wavesgo/db", password="bad-second")

    def scale() -> None:
        world.edit("canary", lambda spec: spec["Mode"]["Replicated"].update(Replicas=2))

    hook = once(is_service_update, scale)
    world.wrap = lambda inner: Hooked(inner, after=hook)

    report = world.rotate(ASKED)

    world.wrap = None
    check_blocked(world, report, tasks)
    assert states(report)["canary"] == ("updated", "rolled_back")
    assert actions(report) == {"db": ("quarantined", "db_v1")}
    # It is back, and scaled.
    found = world.inspect("canary")["Spec"]["Mode"]["Replicated"]["Replicas"]
    assert (world.references("canary"), found) == ({"db": "db_v1"}, 2)
    assert world.shown("canary", "db") == {digest("first")}


@pytest.mark.case("R6")
def test_after_a_canary_that_is_held_no_further_wave_begins(world: World) -> None:
    tasks = canary_and_web(world, replicas=2)
    broken = ["false"]
    world.edit("canary", lambda s: s["TaskTemplate"]["ContainerSpec"].update(Command=broken))
    world.wait_update("canary", "paused")
    world.put("wavesgo/db", password="second")

    report = world.rotate(ASKED)

    assert states(report)["canary"] == ("skipped", "held")
    check_blocked(world, report, tasks)


@pytest.mark.case("R6")
def test_a_canary_that_was_removed_is_no_reason_to_wait(world: World) -> None:
    canary_and_web(world, update={})
    world.put("wavesgo/db", password="second")
    hook = once(is_service_update, lambda: world.client.remove_service("canary"))
    world.wrap = lambda inner: Hooked(inner, after=hook)

    report = world.rotate(ASKED)

    world.wrap = None
    assert not report.failed, report.message
    assert states(report) == {"canary": ("updated", "gone"), "web": ("updated", "converged")}


@pytest.mark.case("S11")
def test_a_wave_that_cannot_be_read_is_warned_of_with_the_name_of_the_service(
    world: World,
) -> None:
    world.put("wavesgo/db", password="first")
    world.rotate(ASKED)
    world.service("odd", {"db": "db_v1"}, labels={WAVE: "soon"})
    # In a stack file: ``labels:`` beside ``deploy:``, not below it.
    world.service("container", {"db": "db_v1"}, container={"Labels": {WAVE: "1"}})
    both = {WAVE: "1"}
    world.service("well", {"db": "db_v1"}, labels=both, container={"Labels": both})
    world.service("plain", {"db": "db_v1"})
    world.put("wavesgo/db", password="second")

    planned = world.rotate(ASKED, check=True)
    report = world.rotate(ASKED)

    assert not report.failed, report.message
    for found in (planned, report):
        warned = [text for text in found.warnings if WAVE in text]
        for name in ("odd", "container"):
            assert any(name in text.split() or f"{name}:" in text for text in warned), warned
        (of_odd,) = [text for text in warned if "odd" in text]
        assert "soon" in of_odd
        assert not any("well" in text or "plain" in text for text in warned)
