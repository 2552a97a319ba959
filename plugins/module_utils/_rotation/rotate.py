# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in: observe, plan, apply, report."""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.clock import SystemClock
from .apply.tools import Tools
from .leases import revoke_unclaimed_leases
from .observe.observation import look_at_tasks, observe
from .plan.make import make_plan
from .report import report_applied, report_plan
from .validation import check_request

if t.TYPE_CHECKING:
    from .._common.clock import Clock
    from .._swarm.client import SwarmClient
    from .._vault.source import SourceReader
    from .apply.result import ApplyResult
    from .observe.state import SwarmState
    from .plan.model import Plan
    from .report import Report
    from .request import Options, SecretRequest


def rotate(  # noqa: PLR0913  # what to do, how, the two places it is done in, and the time
    requests: t.Sequence[SecretRequest],
    options: Options,
    swarm: SwarmClient,
    reader: SourceReader,
    *,
    check_mode: bool = False,
    clock: Clock | None = None,
) -> Report:
    """Bring logical secrets and their consumers to the state asked for.

    :param reader: used only where the state needs sources.
    :param clock: None: the machine's own time, without a deadline.
    :raises InputError: the request cannot be carried out; nothing was changed.
    :raises SourceError: a source failed under ``on_source_error: fail``; nothing was changed.
    :raises DockerError: the engine refused or was lost where the run could not go on.
    """
    tools = Tools(swarm, reader, clock or SystemClock())
    check_request(requests, options)
    try:
        observation = observe(requests, options, swarm, reader, tools.clock, check_mode=check_mode)
        plan = make_plan(observation, options)
        closer = look_at_tasks(observation, plan.touched_services, swarm)
        if closer is not observation:
            observation, plan = closer, make_plan(closer, options)
        if check_mode or not (plan.changes or plan.consumers):
            # What was read may not be of use, as with a wrong field.
            revoke_unclaimed_leases(reader, swarm)
            return report_plan(plan)
        return report_applied(plan, _apply(plan, observation.state, options, tools))
    except Exception:
        revoke_unclaimed_leases(reader, swarm)
        raise


def _apply(plan: Plan, state: SwarmState, options: Options, tools: Tools) -> ApplyResult:
    # Most runs find nothing to do, and need none of this.
    if options.state == "absent":
        from .apply.remove import remove_all

        return remove_all(plan, state, tools)
    if options.state == "rolled_back":
        # The way back from a way back would be the version that was just rejected.
        options = dataclasses.replace(options, on_failure="continue")
    from .apply.executor import apply

    return apply(plan, state, options, tools)
