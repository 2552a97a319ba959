# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure: ``make bench``, or ``make bench ARGS=unchanged`` for a part.

Times are told as ratios to a peer measured in the same run, turn by turn, since machines differ
and are never quiet.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import typing as t

from bench import getsecret, reading, rotation, scale, unchanged
from testbed import Bed
from tests.e2e.support.world import World

if t.TYPE_CHECKING:
    from bench.result import Result

NAME = os.environ.get("SWARMVAULT_BED", "bench")
PARTS: dict[str, t.Callable[[World], list[Result]]] = {
    "reading": reading.measure,
    "unchanged": unchanged.measure,
    "rotation": rotation.measure,
    "scale": scale.measure,
    "getsecret": getsecret.measure,
}


def main() -> int:
    """Run the parts asked for and print their figures beside what they are held to."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {list(PARTS)}; default: all")
    wanted = parser.parse_args().parts or list(PARTS)

    results: list[Result] = []
    try:
        bed = Bed.up(name=NAME)
        for part in wanted:
            bed.reset()
            with contextlib.closing(bed.client(timeout=120)) as client:
                world = World(bed=bed, client=client, vault=bed.vault)
                print(f"-- {part}", flush=True)
                results += PARTS[part](world)
                world.forget()
    finally:
        Bed.remove(NAME)
    print()
    for result in results:
        print(result)
    return 0 if all(result.held for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
