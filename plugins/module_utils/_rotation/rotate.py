# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in: observe, plan, apply, report."""

from __future__ import annotations

import dataclasses
import typing as t

from .apply import apply, remove_all
from .discover import scope_of
from .observation import SwarmState
from .plan_absent import plan_absent
from .plan_present import find_faulty, plan_present
from .plan_rolled_back import plan_rolled_back
from .report import report_applied, report_plan
from .sources import observe_sources
from .validate import check_against, check_request

if t.TYPE_CHECKING:
    from .._swarm.client import SwarmClient
    from .._vault.source import SourceReader
    from .plan import Plan
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
    :raises EngineError: the engine refused or was lost where the run could not go on.
    """
    check_request(requests, options)
    state = SwarmState.of(swarm.secrets(), swarm.services())
    plan = make_plan(requests, options, state, reader)
    if check_mode or not (plan.changes or plan.consumers):
        return report_plan(plan)
    if options.state == "absent":
        return report_applied(plan, remove_all(plan, swarm))
    if options.state == "rolled_back":
        # The way back from a way back would be the version that was just rejected.
        options = dataclasses.replace(options, on_failure="continue")
    return report_applied(plan, apply(plan, state, options, swarm))


def make_plan(
    requests: t.Sequence[SecretRequest],
    options: Options,
    state: SwarmState,
    reader: SourceReader,
) -> Plan:
    """Observe the sources, as far as the state asked for needs them, and make the plan.

    :raises InputError: the request cannot be carried out.
    :raises SourceError: a source failed under ``on_source_error: fail``.
    """
    present = options.state == "present"
    scope = scope_of(requests, state, discover=options.discover, sources=present)
    if options.state == "absent":
        plan = plan_absent(scope.requests, state, options)
    elif options.state == "rolled_back":
        plan = plan_rolled_back(scope.requests, state, options)
    else:
        check_against(scope.requests, state)
        faulty = find_faulty((request.name for request in scope.requests), state)
        sources = observe_sources(scope.requests, state, options, reader, faulty)
        plan = plan_present(scope.requests, state, sources, options, faulty)
    return dataclasses.replace(plan, warnings=(*scope.warnings, *plan.warnings))
