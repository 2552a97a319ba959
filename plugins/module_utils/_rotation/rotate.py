# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in: observe, plan, apply, report."""

from __future__ import annotations

import dataclasses
import typing as t

from .._common import clock as clocks
from . import leases, report, validation
from .apply import tools as toolbox
from .observe.observation import look_at_tasks, observe
from .plan import make

if t.TYPE_CHECKING:
    from .._swarm import client
    from .._vault import source
    from . import request
    from .apply import result
    from .observe import state as states
    from .plan import model


def rotate(  # noqa: PLR0913  # what to do, how, the two places it is done in, and the time
    requests: t.Sequence[request.SecretRequest],
    options: request.Options,
    swarm: client.SwarmClient,
    reader: source.SourceReader,
    *,
    check_mode: bool = False,
    clock: clocks.Clock | None = None,
) -> report.Report:
    """Bring logical secrets and their consumers to the state asked for.

    :param reader: used only where the state needs sources.
    :param clock: None: the machine's own time, without a deadline.
    :raises InputError: the request cannot be carried out; nothing was changed.
    :raises SourceError: a source failed under ``on_source_error: fail``; nothing was changed.
    :raises DockerError: the engine refused or was lost where the run could not go on.
    """
    tools = toolbox.Tools(swarm, reader, clock or clocks.SystemClock())
    validation.check_request(requests, options)
    try:
        observation = observe(requests, options, swarm, reader, tools.clock, check_mode=check_mode)
        plan = make.make_plan(observation, options)
        closer = look_at_tasks(observation, plan.touched_services, swarm)
        if closer is not observation:
            observation, plan = closer, make.make_plan(closer, options)
        if check_mode or not (plan.changes or plan.consumers):
            # What was read may not be of use, as with a wrong field.
            leases.revoke_unclaimed_leases(reader, swarm)
            return report.report_plan(plan)
        return report.report_applied(plan, _apply(plan, observation.state, options, tools))
    except Exception:
        leases.revoke_unclaimed_leases(reader, swarm)
        raise


def _apply(
    plan: model.Plan, state: states.SwarmState, options: request.Options, tools: toolbox.Tools
) -> result.ApplyResult:
    # Most runs find nothing to do, and need none of this.
    if options.state == "absent":
        from .apply import remove

        return remove.remove_all(plan, state, tools)
    if options.state == "rolled_back":
        # The way back from a way back would be the version that was just rejected.
        options = dataclasses.replace(options, on_failure="continue")
    from .apply import executor

    return executor.apply(plan, state, options, tools)
