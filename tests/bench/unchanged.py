# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that finds nothing: 100 secrets on 50 services, beside a playbook that only pings."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import typing as t
from pathlib import Path

from bench import playbooks
from bench.populate import populate
from bench.result import Result

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

SECRETS, SERVICES, TURNS = 100, 50, 15


def measure(world: World) -> list[Result]:
    """Compare each run with the pings before and after it: no machine is as fast all the time."""
    populate(world, SECRETS, SERVICES)
    with tempfile.TemporaryDirectory(prefix="swarmvault-bench-") as directory:
        ours = playbooks.write(Path(directory), "rotate", playbooks.rotate(world, SECRETS))
        theirs = playbooks.write(Path(directory), "ping", playbooks.ping())
        playbooks.run(theirs), playbooks.run(ours)  # warm
        pings, rotations = [playbooks.run(theirs)[0]], []
        for _turn in range(TURNS):
            rotations.append(playbooks.run(ours)[0])
            pings.append(playbooks.run(theirs)[0])
    around = [statistics.mean(pair) for pair in itertools.pairwise(pings)]
    ratios = [rotation / ping for rotation, ping in zip(rotations, around, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return [
        Result(
            f"unchanged: {SECRETS} secrets on {SERVICES} services, beside ansible.builtin.ping",
            middle,
            1.5,
            "x",
            f"half of {TURNS} from {low:.2f} to {high:.2f};"
            f" {statistics.median(rotations):.2f} s beside {statistics.median(pings):.2f} s",
        )
    ]
