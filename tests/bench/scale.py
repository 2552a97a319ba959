# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""1,000 secrets on 200 services: memory, and how time grows from 100 secrets on 20 services."""

from __future__ import annotations

import statistics
import tempfile
import typing as t
from pathlib import Path

from bench import playbooks
from bench.populate import populate
from bench.result import Result

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

SMALL, LARGE, TURNS = (100, 20), (1000, 200), 5


def measure(world: World) -> list[Result]:
    """Measure unchanged runs of both sizes, less what a playbook costs that only pings."""
    with tempfile.TemporaryDirectory(prefix="swarmvault-bench-") as directory:
        small, _memory = _measure(world, SMALL, Path(directory))
        large, memory = _measure(world, LARGE, Path(directory))
        path = playbooks.write(Path(directory), "ping", playbooks.ping())
        ping = statistics.median(playbooks.run(path)[0] for _i in range(TURNS))
    factor = LARGE[0] / SMALL[0]
    return [
        Result(
            "scale: peak memory of the module, 1,000 secrets on 200 services", memory, 150, " MB"
        ),
        Result(
            "scale: growth of time from 100 to 1,000 secrets, per secret",
            (large - ping) / (small - ping) / factor,
            1.0,
            "x",
            f"{small:.2f} s and {large:.2f} s, {ping:.2f} s of each for a ping",
        ),
    ]


def _measure(world: World, size: tuple[int, int], directory: Path) -> tuple[float, float]:
    world.bed.reset()
    world.forget()
    populate(world, *size)
    path = playbooks.write(directory, f"rotate-{size[0]}", playbooks.rotate(world, size[0]))
    runs = [playbooks.run(path) for _i in range(TURNS)]
    return statistics.median(run[0] for run in runs), max(run[1] for run in runs)
