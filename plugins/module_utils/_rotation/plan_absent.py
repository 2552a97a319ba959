# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for ``state: absent``: every version goes, unless something needs it. Pure."""

from __future__ import annotations

import typing as t

from .plan import Plan, SecretPlan
from .validate import raise_problems

if t.TYPE_CHECKING:
    from .observation import SwarmState
    from .request import Options, SecretRequest
    from .versions import LogicalSecret

REMOVED = "removed"
UNCHANGED = "unchanged"


def plan_absent(requests: t.Sequence[SecretRequest], state: SwarmState, options: Options) -> Plan:
    """Make the plan.

    :raises InputError: a service uses a version; names all of these services.
    """
    plans = []
    problems: list[str] = []
    for request in requests:
        logical = state.secret(request.name)
        problems += _problems(logical, state, options)
        if logical.managed:
            reason = f"{len(logical.managed)} version(s) removed"
            plans.append(SecretPlan(request.name, REMOVED, reason))
        else:
            plans.append(SecretPlan(request.name, UNCHANGED, "no version exists"))
    raise_problems(problems)
    retire = tuple(version for plan in plans for version in state.secret(plan.name).managed)
    return Plan(tuple(plans), (), retire)


def _problems(logical: LogicalSecret, state: SwarmState, options: Options) -> t.Iterator[str]:
    ids = {version.secret.id for version in logical.managed}
    for service in state.services:
        if any(reference.secret_id in ids for reference in service.references):
            yield (
                f"{logical.name} is in use by service {service.name}: "
                f"take it out of the service first"
            )
        elif not options.force and any(
            reference.secret_id in ids for reference in service.previous_references
        ):
            yield (
                f"{logical.name} is needed to roll service {service.name} back: "
                f"update the service once more, or use force"
            )
