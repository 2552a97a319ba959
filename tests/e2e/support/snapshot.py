# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of a Swarm that a run could have touched, to compare before and after."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

Snapshot = dict[tuple[str, str], t.Any]


def snapshot(world: World) -> Snapshot:
    """Return id and version of each secret and service, and which tasks it ever had."""
    found: Snapshot = {}
    ids = set()
    for kind, items in (("secret", world.client.secrets()), ("service", world.client.services())):
        for item in items:
            found[kind, item["Spec"]["Name"]] = (item["ID"], item["Version"]["Index"])
            ids.add(item["ID"])
    for task in world.client.tasks():
        if task["ServiceID"] in ids:  # others are on their way out from the test before
            found["task", task["ID"]] = task["DesiredState"]
    return found
