# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for ``state: absent``: every version goes, unless something needs it. Pure."""

from __future__ import annotations

import typing as t

from ..observe.adoption import unmarks
from ..validation import raise_problems
from .model import Plan, SecretPlan

if t.TYPE_CHECKING:
    from ..._swarm.model import Reference
    from ..observe.state import SwarmState
    from ..request import Options, SecretRequest

REMOVED = "removed"
UNCHANGED = "unchanged"


def plan_absent(requests: t.Sequence[SecretRequest], state: SwarmState, options: Options) -> Plan:
    """Make the plan.

    :raises InputError: a service uses a version; names all of these services.
    """
    plans = []
    for request in requests:
        logical = state.secret(request.name)
        # What was adopted stays, as it is not ours; only our label on it goes.
        relabels = unmarks(logical)
        if logical.managed or relabels:
            reason = f"{len(logical.managed)} version(s) removed"
            plans.append(SecretPlan(request.name, REMOVED, reason, relabels=relabels))
        else:
            plans.append(SecretPlan(request.name, UNCHANGED, "no version exists"))
    raise_problems(list(_problems({plan.name for plan in plans}, state, options)))
    retire = tuple(version for plan in plans for version in state.secret(plan.name).managed)
    return Plan(tuple(plans), (), retire)


def _problems(names: t.Container[str], state: SwarmState, options: Options) -> t.Iterator[str]:
    for service in state.services:
        used = _managed(state, service.references, names)
        for name in used:
            yield f"{name} is in use by service {service.name}: take it out of the service first"
        if options.force:
            continue
        for name in _managed(state, service.previous_references, names):
            if name not in used:
                yield (
                    f"{name} is needed to roll service {service.name} back: "
                    f"update the service once more, or use force"
                )


def _managed(
    state: SwarmState, references: t.Iterable[Reference], names: t.Container[str]
) -> dict[str, None]:
    """Return which of these logical secrets the references need versions of, in order."""
    found = (
        version for _first, version in state.versions_in(references) if not version.is_original
    )
    return dict.fromkeys(version.logical for version in found if version.logical in names)
