# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for whichever state is asked for: pure."""

from __future__ import annotations

import typing as t

from .. import leases as leasing
from . import services

if t.TYPE_CHECKING:
    from .. import request
    from ..observe import state as states
    from . import model


def make_plan(observation: states.Observation, options: request.Options) -> model.Plan:
    """Make the plan.

    :raises InputError: the request cannot be carried out.
    """
    plan = _planner(options.state)(observation, options)
    leases = leasing.planned_leases(plan, observation.state, observation.now)
    names = sorted(version.secret.name for versions in leases.values() for version in versions)
    waves = services.wave_warnings(plan.consumers)
    warnings = (*observation.warnings, *waves, *plan.warnings)
    return plan._replace(warnings=warnings, revoke=tuple(names))


def _planner(state: str) -> t.Callable[[states.Observation, request.Options], model.Plan]:
    """Return what plans for a state; nothing else is loaded."""
    if state == "absent":
        from . import absent

        return absent.plan_absent
    if state == "rolled_back":
        from . import rolled_back

        return rolled_back.plan_rolled_back
    from . import present

    return present.plan_present
