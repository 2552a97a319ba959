# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes all versions of logical secrets, leases first: without the version nobody knows them.

What was adopted is not ours to remove: it loses the label that says so.
"""

from __future__ import annotations

import typing as t

from ..._common import errors
from .. import leases
from . import executor
from . import result as results

if t.TYPE_CHECKING:
    from ..._swarm import client
    from .. import versions
    from ..observe import state as states
    from ..plan import model
    from . import tools as toolbox


def remove_all(
    plan: model.Plan, state: states.SwarmState, tools: toolbox.Tools
) -> results.ApplyResult:
    """Carry out a plan that only removes versions."""
    result = results.ApplyResult()
    names: dict[str, str | None] = {secret.name: None for secret in plan.secrets}
    spent = leases.spent_leases(state, names, state.referenced_ids(), tools.clock.now())
    ended = leases.end_leases(spent, tools.reader)
    result.revoked += ended.done
    result.changed = bool(ended.done)
    for version in plan.retire:
        reason = ended.failed.get(version.secret.id)
        if reason is None:
            _remove(version, tools.swarm, result)
        else:
            result.failed_secrets.setdefault(
                version.logical, f"{version.secret.name} was kept, as its lease lives on: {reason}"
            )
    for secret in plan.secrets:
        if secret.name not in result.failed_secrets:
            _relabel(secret, tools.swarm, result)
    return result


def _remove(
    version: versions.Version, swarm: client.SwarmClient, result: results.ApplyResult
) -> None:
    try:
        swarm.remove_secret(version.secret.id)
    except (
        errors.DockerError
    ) as error:  # a service began to use it meanwhile, or the engine is lost
        result.failed_secrets.setdefault(version.logical, str(error))
    else:
        result.changed = True
        result.retired.append(version.secret.name)


def _relabel(
    secret: model.SecretPlan, swarm: client.SwarmClient, result: results.ApplyResult
) -> None:
    try:
        executor.relabel([secret], swarm, result)
    except errors.DockerError as error:
        result.failed_secrets.setdefault(secret.name, str(error))
