# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the demo: ``make demo``."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path

from demo import show
from demo.ending import ending
from demo.progress import waiting
from demo.story import Story
from testbed import Bed
from testbed.errors import BedError

NAME = "demo"


def main() -> int:
    """Set up, tell the story, clean up whatever happens; end with what was seen."""
    # So that a closed terminal cleans up as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    keep = os.environ.get("KEEP") == "1"
    with contextlib.ExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="swarmvault-demo-"))
        )
        if not keep:
            stack.callback(_remove)
        try:
            show.step(
                0, "Set up an OpenBao and a Swarm of three managers and a worker, for this alone"
            )
            with waiting("the Swarm and the OpenBao start"):
                bed = Bed.up(name=NAME)
                bed.reset()
            seen = Story(bed, directory).tell()
        except BedError as error:
            show.line(str(error), good=False)
            return 1
        if not keep:
            show.step(9, "Clean up")
            show.say("Swarm, OpenBao, networks and volumes go.")
    show.ending(ending(seen, kept=keep))
    return 0 if seen.good else 1


def _remove() -> None:
    with waiting("the Swarm and the OpenBao go"):
        Bed.remove(NAME)


if __name__ == "__main__":
    sys.exit(main())
