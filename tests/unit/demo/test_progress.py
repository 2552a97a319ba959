# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the demo shows while it waits, and how it ends."""

from __future__ import annotations

import io
import itertools

import pytest

from demo.ending import Seen, ending
from demo.progress import Progress, waiting
from testbed.system import log

MOMENTS = [0.25 * step for step in range(200)]


def written(progress: Progress) -> list[tuple[float, str]]:
    return [(moment, text) for moment in MOMENTS if (text := progress.after(moment))]


def test_nothing_is_said_of_a_short_wait() -> None:
    progress = Progress("the shop starts", terminal=False)
    assert [progress.after(moment) for moment in (0.0, 1.0, 1.9)] == ["", "", ""]
    assert progress.end() == ""


def test_a_longer_wait_is_told_with_what_is_waited_for_and_how_long() -> None:
    told = written(Progress("the shop starts", terminal=False))
    assert told[0] == (2.0, "   .. the shop starts: 2 s\n")
    gaps = [later - sooner for (sooner, _one), (later, _two) in itertools.pairwise(told)]
    assert max(gaps) <= 10.0
    assert len(told) < 8, "a log is no place for a line each second"


def test_on_a_terminal_one_line_is_written_over_each_second() -> None:
    progress = Progress("the shop starts", terminal=True)
    told = written(progress)
    assert len(told) == len(range(2, 50))
    assert all(text.startswith("\r\033[K   .. the shop starts: ") for _moment, text in told)
    assert progress.end() == "\r\033[K", "and makes way for the next line"


def test_what_the_testbed_does_is_told_within_the_wait() -> None:
    out = io.StringIO()
    with waiting("the Swarm starts", out):
        log("building the node image")
    assert out.getvalue() == "   .. building the node image\n"


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("good", [False, True])
def test_three_lines_say_what_was_seen_and_what_to_try_next(*, good: bool, kept: bool) -> None:
    lines = ending(Seen(good, answered=150, unanswered=0 if good else 3), kept=kept)
    assert [line.partition(":")[0] for line in lines] == ["Seen", "Seen", "Next"]
    assert ("150 of 150" if good else "150 of 153") in " ".join(lines)
    assert ("testbed-down" in lines[2]) is kept
    assert all("\n" not in line for line in lines)
