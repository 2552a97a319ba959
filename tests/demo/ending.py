# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the demo ends: three lines that say what was seen and what to try next."""

from __future__ import annotations

from dataclasses import dataclass

KEEP = (
    "KEEP=1 make demo leaves Swarm and OpenBao up, tests/testbed/README.md tells how to look around"
)
LOOK = "they are still up, tests/testbed/README.md tells how to look around"
DOWN = 'make testbed-down ARGS="--name demo"'


@dataclass(frozen=True)
class Seen:
    """What the story came to.

    :param good: whether everything came out as it was told.
    :param answered: requests of customers that were answered while versions changed.
    :param unanswered: those that were not.
    """

    good: bool
    answered: int
    unanswered: int


def ending(seen: Seen, *, kept: bool) -> tuple[str, str, str]:
    """Return the last three lines.

    :param kept: whether Swarm and OpenBao are left running.
    """
    asked = seen.answered + seen.unanswered
    customers = f"{seen.answered} of {asked} requests were answered meanwhile"
    if not seen.good:
        return (
            "Seen: not everything came out as it was told; the lines marked !! say what",
            f"Seen: {customers}",
            f"Next: {LOOK}; {DOWN} ends that" if kept else f"Next: {KEEP}",
        )
    return (
        f"Seen: a password changed in OpenBao and one task moved the service; {customers}",
        "Seen: a bad value was rolled back and not tried again; the schedule rotated by itself",
        f"Next: {LOOK}; {DOWN} ends that"
        if kept
        else f"Next: your own service, with the playbook in README.md; {KEEP}",
    )
