# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a plan. Every step is one that a next run can take up if this one is killed."""

from __future__ import annotations

import typing as t

from ..._common import errors
from .. import labels as secret_labels
from ..plan import model
from . import create, create_group, finish, service_update, spec_edits
from . import result as results
from .quarantine import Quarantine
from .rollout import Rollout

if t.TYPE_CHECKING:
    from ..._swarm import client
    from .. import request
    from ..observe import state as states
    from . import tools as toolbox


_ENDED = "the run was ended before its turn came; the next one makes the version"


def apply(
    plan: model.Plan, state: states.SwarmState, options: request.Options, tools: toolbox.Tools
) -> results.ApplyResult:
    """Carry out a plan: create, relabel, move consumers, promote, retire.

    Trouble with one secret or consumer is noted and the rest carried on with.
    """
    result = results.ApplyResult()
    quarantine = Quarantine(tools.swarm, plan, result)
    rules = service_update.Rules(state, options, result.targets, plan.siblings_of)
    rollout = Rollout(tools.swarm, rules, quarantine, tools.clock)
    for secrets in _groups_of(plan.secrets):
        if tools.clock.cancelled():
            _leave(secrets, result, rollout)
        else:
            _prepare(secrets, options, tools, result, rollout)
    result.outcomes = rollout.run(plan.consumers)
    result.changed = result.changed or any(item.updated for item in result.outcomes)
    if tools.clock.cancelled():
        result.warnings.append("The run was ended early; what is left, the next one does.")
        return result
    try:
        finish.Finish(plan, options, tools, result).run()
    except errors.DockerError as error:
        # Every consumer is where it should be; what is left, the next run finds by itself.
        result.warnings.append(f"Old versions are left for the next run to retire: {error}")
    return result


def _groups_of(secrets: t.Sequence[model.SecretPlan]) -> list[list[model.SecretPlan]]:
    """Group the secrets that only work together, each of the others by itself."""
    groups: dict[tuple[str, ...], list[model.SecretPlan]] = {}
    for secret in secrets:
        groups.setdefault(secret.group or secret.recorded_with or (secret.name,), []).append(secret)
    return list(groups.values())


def _leave(
    secrets: t.Iterable[model.SecretPlan], result: results.ApplyResult, rollout: Rollout
) -> None:
    """Leave secrets as they are, since the run is to end."""
    for secret in secrets:
        if secret.create is not None:
            result.failed_secrets[secret.name] = _ENDED
            rollout.block(secret.name, _ENDED)


def _prepare(
    secrets: t.Sequence[model.SecretPlan],
    options: request.Options,
    tools: toolbox.Tools,
    result: results.ApplyResult,
    rollout: Rollout,
) -> None:
    """Make everything true of secrets that has to be before a consumer moves."""
    for secret in secrets:
        if secret.create is None and secret.current is not None:
            current = secret.current.secret
            result.targets[secret.name] = spec_edits.Target(current.id, current.name)
    new = [secret.create for secret in secrets if secret.create is not None]
    # What is the same in a new set only gets its labels: those of the set that came to be.
    same = [secret for secret in secrets if new and secret.action is model.SecretAction.RECORDED]
    changing = [secret for secret in secrets if secret not in same]
    try:
        relabel(changing, tools.swarm, result)
        made = create_group.create_group(tools.swarm, new, options.hash_key, tools.clock)
        result.changed = result.changed or bool(new)
        if not made.taken_over:
            relabel(same, tools.swarm, result)
    except errors.DockerError as error:
        # What stays the same is not to blame, and runs as before.
        for secret in changing:
            if isinstance(error, create.RejectedElsewhereError) and len(changing) == 1:
                result.targets[secret.name] = error.target
            result.failed_secrets[secret.name] = str(error)
            rollout.block(secret.name, str(error))
        return
    result.targets.update(made.targets)


def relabel(
    secrets: t.Iterable[model.SecretPlan], swarm: client.SwarmClient, result: results.ApplyResult
) -> None:
    """Make the label changes of secrets.

    :raises DockerError: the engine refused one; those before it are made.
    """
    for planned in (planned for secret in secrets for planned in secret.relabels):
        change = secret_labels.same_change(planned.secret.labels, planned.labels)
        if swarm.update_secret_labels(planned.secret, change):
            result.changed = True
