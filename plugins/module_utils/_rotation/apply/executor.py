# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a plan. Every step is one that a next run can take up if this one is killed."""

from __future__ import annotations

import typing as t

from ..._common.errors import DockerError
from .. import labels as secret_labels
from ..plan.model import SecretAction
from .create import RejectedElsewhereError
from .create_group import create_group
from .finish import Finish
from .quarantine import Quarantine
from .result import ApplyResult
from .rollout import Rollout
from .service_update import Target

if t.TYPE_CHECKING:
    from ..._swarm.client import SwarmClient
    from ..._vault.source import SourceReader
    from ..observe.state import SwarmState
    from ..plan.model import Plan, SecretPlan
    from ..request import Options


def apply(
    plan: Plan, state: SwarmState, options: Options, swarm: SwarmClient, reader: SourceReader
) -> ApplyResult:
    """Carry out a plan: create, relabel, move consumers, promote, retire.

    Trouble with one secret or consumer is noted and the rest carried on with.

    :param reader: used only where there are leases to end.
    """
    done = ApplyResult()
    rollout = Rollout(swarm, state, options, done.targets, Quarantine(swarm, plan, done))
    for secrets in _groups_of(plan.secrets):
        _prepare(secrets, options, swarm, done, rollout)
    done.outcomes = rollout.run(plan.consumers)
    done.changed = done.changed or any(item.updated for item in done.outcomes)
    try:
        Finish(plan, options, swarm, reader, done).run()
    except DockerError as error:
        # Every consumer is where it should be; what is left, the next run finds by itself.
        done.warnings.append(f"Old versions are left for the next run to retire: {error}")
    return done


def _groups_of(secrets: t.Sequence[SecretPlan]) -> list[list[SecretPlan]]:
    """Group the secrets that only work together, each of the others by itself."""
    groups: dict[tuple[str, ...], list[SecretPlan]] = {}
    for secret in secrets:
        groups.setdefault(secret.group or (secret.name,), []).append(secret)
    return list(groups.values())


def _prepare(
    secrets: t.Sequence[SecretPlan],
    options: Options,
    swarm: SwarmClient,
    done: ApplyResult,
    rollout: Rollout,
) -> None:
    """Make everything true of secrets that has to be before a consumer moves."""
    new = [secret.create for secret in secrets if secret.create is not None]
    # What is the same in a new set only gets its labels: those of the set that came to be.
    same = [secret for secret in secrets if new and secret.action is SecretAction.RECORDED]
    try:
        relabel([secret for secret in secrets if secret not in same], swarm, done)
        made = create_group(swarm, new, options.hash_key)
        if not made.taken_over:
            relabel(same, swarm, done)
    except DockerError as error:
        for secret in secrets:
            if isinstance(error, RejectedElsewhereError) and len(secrets) == 1:
                done.targets[secret.name] = error.target
            done.failed_secrets[secret.name] = str(error)
            rollout.block(secret.name, str(error))
        return
    done.changed = done.changed or bool(new)
    done.targets.update(made.targets)
    for secret in secrets:
        if secret.create is None and secret.current is not None:
            current = secret.current.secret
            done.targets[secret.name] = Target(current.id, current.name)


def relabel(secrets: t.Iterable[SecretPlan], swarm: SwarmClient, done: ApplyResult) -> None:
    """Make the label changes of secrets.

    :raises DockerError: the engine refused one; those before it are made.
    """
    for planned in (planned for secret in secrets for planned in secret.relabels):
        change = secret_labels.same_change(planned.secret.labels, planned.labels)
        if swarm.update_secret_labels(planned.secret, change):
            done.changed = True
