# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes all versions of logical secrets, leases first: without the version nobody knows them.

What was adopted is not ours to remove: it loses the label that says so.
"""

from __future__ import annotations

import typing as t

from ..._common.errors import DockerError
from ..leases import end_leases, spent_leases
from .executor import relabel
from .result import ApplyResult

if t.TYPE_CHECKING:
    from ..._swarm.client import SwarmClient
    from ..observe.state import SwarmState
    from ..plan.model import Plan, SecretPlan
    from ..versions import Version
    from .tools import Tools


def remove_all(plan: Plan, state: SwarmState, tools: Tools) -> ApplyResult:
    """Carry out a plan that only removes versions."""
    result = ApplyResult()
    names: dict[str, str | None] = {secret.name: None for secret in plan.secrets}
    spent = spent_leases(state, names, state.referenced_ids(), tools.clock.now())
    ended = end_leases(spent, tools.reader)
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


def _remove(version: Version, swarm: SwarmClient, result: ApplyResult) -> None:
    try:
        swarm.remove_secret(version.secret.id)
    except DockerError as error:  # a service began to use it meanwhile, or the engine is lost
        result.failed_secrets.setdefault(version.logical, str(error))
    else:
        result.changed = True
        result.retired.append(version.secret.name)


def _relabel(secret: SecretPlan, swarm: SwarmClient, result: ApplyResult) -> None:
    try:
        relabel([secret], swarm, result)
    except DockerError as error:
        result.failed_secrets.setdefault(secret.name, str(error))
