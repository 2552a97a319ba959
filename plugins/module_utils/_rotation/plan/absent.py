# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for ``state: absent``: every version goes, unless something needs it. Pure."""

from __future__ import annotations

import typing as t

from ..._common import errors
from ..observe import adoption
from . import model as plan_model

if t.TYPE_CHECKING:
    from ..._swarm import model as swarm_model
    from .. import request
    from ..observe import state as states


def plan_absent(observation: states.Observation, options: request.Options) -> plan_model.Plan:
    """Make the plan.

    :raises InputError: a service uses a version; names all of these services.
    """
    state = observation.state
    plans = []
    for secret in observation.secrets:
        managed = secret.versions.managed
        # What was adopted stays, as it is not ours; only our label on it goes.
        relabels = adoption.unmarks(secret.versions)
        if managed or relabels:
            reason = f"{len(managed)} version(s) removed"
            action = plan_model.SecretAction.REMOVED
        else:
            reason, action = "no version exists", plan_model.SecretAction.UNCHANGED
        plans.append(plan_model.SecretPlan(secret.name, action, reason, relabels=relabels))
    errors.raise_problems(list(_problems({plan.name for plan in plans}, state, options)))
    retire = tuple(version for plan in plans for version in state.secret(plan.name).managed)
    return plan_model.Plan(tuple(plans), (), retire)


def _problems(
    names: t.Container[str], state: states.SwarmState, options: request.Options
) -> t.Iterator[str]:
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
    state: states.SwarmState, references: t.Iterable[swarm_model.Reference], names: t.Container[str]
) -> dict[str, None]:
    """Return which of these logical secrets the references need versions of, in order."""
    found = (
        version for _first, version in state.versions_in(references) if not version.is_original
    )
    return dict.fromkeys(version.logical for version in found if version.logical in names)
