# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run will be able to retire, told before it starts: pure."""

from __future__ import annotations

import typing as t

from .model import HOLD, UPDATE
from .retention import superseded

if t.TYPE_CHECKING:
    from ..observe.state import SwarmState
    from ..versions import Version
    from .model import ConsumerPlan, SecretPlan


def plan_retirement(
    state: SwarmState,
    plans: t.Mapping[str, SecretPlan],
    consumers: t.Sequence[ConsumerPlan],
    keep_versions: int,
) -> tuple[Version, ...]:
    """Return the versions to retire if every planned consumer converges."""
    used = used_after(state, consumers)
    held = {name for consumer in consumers if consumer.action == HOLD for name in consumer.secrets}
    return tuple(
        version
        for plan in plans.values()
        if not plan.frozen and plan.name not in held
        for version in superseded(
            state.secret(plan.name), plan.current_number, keep_versions, used, plan.rejected_ids
        )
    )


def used_after(state: SwarmState, consumers: t.Sequence[ConsumerPlan]) -> frozenset[str]:
    """Return the secret ids that services will run or may roll back to after the updates.

    An update makes the present spec the previous one, and forgets the one before that.
    """
    moved = {item.service.id: item for item in consumers if item.action == UPDATE}
    used: set[str] = set()
    for service in state.services:
        used.update(reference.secret_id for reference in service.references)
        if service.id not in moved:
            used.update(reference.secret_id for reference in service.previous_references)
    return frozenset(used)
