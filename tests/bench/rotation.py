# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotating one secret of each of 20 services, beside a bare script that makes the same calls."""

from __future__ import annotations

import statistics
import time
import typing as t

from bench import bare
from bench.populate import HASH_KEY, populate, requests
from bench.result import Result

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

SERVICES, PARALLEL, TURNS = 20, 4, 3


def measure(world: World) -> list[Result]:
    """Let both rotate the same services in turn and compare their medians."""
    populate(world, SERVICES, SERVICES, replicas=1)
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(TURNS):
        _change(world, f"ours-{turn}")
        started = time.perf_counter()
        report = world.rotate(*requests(SERVICES), max_parallel=PARALLEL, hash_key=HASH_KEY)
        ours.append(time.perf_counter() - started)
        if report.failed or len(report.services) != SERVICES:
            raise SystemExit(f"the rotation went wrong: {report.message}")
        _change(world, f"theirs-{turn}")
        started = time.perf_counter()
        bare.rotate(world, SERVICES, PARALLEL)
        theirs.append(time.perf_counter() - started)
    fast, slow = statistics.median(theirs), statistics.median(ours)
    return [
        Result(
            f"rotation: one secret of each of {SERVICES} services, beside a bare script",
            slow / fast,
            1.1,
            "x",
            f"{slow:.1f} s beside {fast:.1f} s, {PARALLEL} side by side, medians of {TURNS}",
        )
    ]


def _change(world: World, value: str) -> None:
    for i in range(SERVICES):
        world.put(f"bench/s{i}", password=f"{value}-{i}")
