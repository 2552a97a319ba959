# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that finds nothing: 100 secrets on 50 services, beside a playbook that only pings."""

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

SECRETS, SERVICES, TURNS = 100, 50, 9


def measure(world: World) -> list[Result]:
    """Interleave both playbooks and compare their medians."""
    populate(world, SECRETS, SERVICES)
    with tempfile.TemporaryDirectory(prefix="swarmvault-bench-") as directory:
        ours = playbooks.write(Path(directory), "rotate", playbooks.rotate(world, SECRETS))
        theirs = playbooks.write(Path(directory), "ping", playbooks.ping())
        playbooks.run(theirs), playbooks.run(ours)  # warm
        pairs = [(playbooks.run(theirs)[0], playbooks.run(ours)[0]) for _i in range(TURNS)]
    ping = statistics.median(pair[0] for pair in pairs)
    rotate = statistics.median(pair[1] for pair in pairs)
    return [
        Result(
            f"unchanged: {SECRETS} secrets on {SERVICES} services, beside ansible.builtin.ping",
            rotate / ping,
            1.5,
            "x",
            f"{rotate:.2f} s beside {ping:.2f} s, medians of {TURNS}",
        )
    ]
