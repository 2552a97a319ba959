# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in: observe, plan, apply, report."""

from __future__ import annotations

import dataclasses
import typing as t

from .apply.executor import apply
from .apply.remove import remove_all
from .leases import planned_leases, revoke_unclaimed_leases, utc_now
from .observe.adoption import adoption_warnings, check_drivers, claims_of
from .observe.allowed_paths import AllowedPaths
from .observe.scope import scope_of
from .observe.sources import observe_sources
from .observe.state import Observation, SwarmState
from .plan.absent import plan_absent
from .plan.present import find_rejected, plan_present
from .plan.rolled_back import plan_rolled_back
from .report import report_applied, report_plan
from .validation import check_against, check_request

if t.TYPE_CHECKING:
    from .._swarm.client import SwarmClient
    from .._vault.source import SourceReader
    from .plan.model import Plan
    from .report import Report
    from .request import Options, SecretRequest


def rotate(
    requests: t.Sequence[SecretRequest],
    options: Options,
    swarm: SwarmClient,
    reader: SourceReader,
    *,
    check_mode: bool = False,
) -> Report:
    """Bring logical secrets and their consumers to the state asked for.

    :param reader: used only where the state needs sources.
    :raises InputError: the request cannot be carried out; nothing was changed.
    :raises SourceError: a source failed under ``on_source_error: fail``; nothing was changed.
    :raises DockerError: the engine refused or was lost where the run could not go on.
    """
    check_request(requests, options)
    try:
        return _rotate(requests, options, swarm, reader, check_mode=check_mode)
    except Exception:
        revoke_unclaimed_leases(reader, swarm)
        raise


def _rotate(
    requests: t.Sequence[SecretRequest],
    options: Options,
    swarm: SwarmClient,
    reader: SourceReader,
    *,
    check_mode: bool,
) -> Report:
    secrets = swarm.secrets()
    claims = claims_of(requests, secrets)
    state = SwarmState.of(secrets, swarm.services(), claims)
    plan = make_plan(requests, options, state, reader, check_mode=check_mode)
    if check_mode or not (plan.changes or plan.consumers):
        revoke_unclaimed_leases(
            reader, swarm
        )  # where what was read could not be used, as with a wrong field
        return report_plan(plan)
    if options.state == "absent":
        return report_applied(plan, remove_all(plan, state, swarm, reader))
    if options.state == "rolled_back":
        # The way back from a way back would be the version that was just rejected.
        options = dataclasses.replace(options, on_failure="continue")
    return report_applied(plan, apply(plan, state, options, swarm, reader))


def make_plan(
    requests: t.Sequence[SecretRequest],
    options: Options,
    state: SwarmState,
    reader: SourceReader,
    *,
    check_mode: bool = False,
) -> Plan:
    """Observe the sources, as far as the state asked for needs them, and make the plan.

    :raises InputError: the request cannot be carried out.
    :raises SourceError: a source failed under ``on_source_error: fail``.
    """
    allowed = AllowedPaths(options.discover_paths)
    now = utc_now()
    present = options.state == "present"
    scope = scope_of(requests, state, allowed, discover=options.discover, sources=present)
    if options.state == "absent":
        plan = plan_absent(scope.requests, state, options)
    elif options.state == "rolled_back":
        plan = plan_rolled_back(scope.requests, state, options, now)
    else:
        check_against(scope.requests, state)
        check_drivers(scope.requests, state)
        rejected_by = find_rejected((request.name for request in scope.requests), state)
        observation = Observation(state, rejected_by, now, check_mode)
        sources = observe_sources(scope.requests, observation, options, reader)
        plan = plan_present(scope.requests, state, sources, options, rejected_by)
    leases = planned_leases(plan, state, now)
    names = sorted(version.secret.name for versions in leases.values() for version in versions)
    unknown = adoption_warnings(scope.requests, state) if present else ()
    warnings = (*scope.warnings, *unknown, *plan.warnings)
    return dataclasses.replace(plan, warnings=warnings, revoke=tuple(names))
