# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waves: the order in which consumers are moved."""

from __future__ import annotations

from tests.e2e.support.in_flight import InFlight
from tests.e2e.support.looks import PATIENT, reason, states
from tests.e2e.support.world import World, vaulted

WAVE = "swarmvault.wave"


def test_a_wave_starts_only_after_the_one_before_has_converged(world: World) -> None:
    world.put("waves/order", password="first")
    world.rotate(vaulted("db", "waves/order"))
    waves = {"late": "10", "early": "-1", "unlabelled": None, "odd": "soon", "zero": "0"}
    for name, wave in waves.items():
        labels = {} if wave is None else {WAVE: wave}
        world.service(name, {"db": "db_v1"}, labels=labels, wait=False)
    for name in waves:
        world.wait_running(name)
    world.put("waves/order", password="second")
    flight = InFlight(world)
    world.wrap = flight.watch

    report = world.rotate(vaulted("db", "waves/order"), max_parallel=10)

    assert states(report) == dict.fromkeys(waves, ("updated", "converged"))
    # What is not an integer counts as 0, as does no label at all.
    assert flight.order == ["early", "odd", "unlabelled", "zero", "late"]
    on_their_way = dict(flight.starts)
    assert on_their_way["odd"] == frozenset()
    assert on_their_way["zero"] == {"odd", "unlabelled"}
    assert on_their_way["late"] == frozenset()


def test_a_value_that_breaks_the_canary_reaches_no_later_wave(any_world: World) -> None:
    world = any_world
    world.put("waves/canary", password="first")
    world.rotate(vaulted("db", "waves/canary"))
    world.service("canary", {"db": "db_v1"}, update=PATIENT)
    for name in ("web", "api"):
        world.service(name, {"db": "db_v1"}, labels={WAVE: "1"})
    tasks = {name: world.task_ids(name) for name in ("web", "api")}
    world.put("waves/canary", password="bad-second")

    report = world.rotate(vaulted("db", "waves/canary"))

    assert report.failed
    assert states(report) == {
        "canary": ("updated", "rolled_back"),
        "api": ("skipped", "blocked"),
        "web": ("skipped", "blocked"),
    }
    assert "canary" in reason(report, "web")
    assert {name: world.task_ids(name) for name in tasks} == tasks
    for name in ("canary", "web", "api"):
        assert world.references(name) == {"db": "db_v1"}
