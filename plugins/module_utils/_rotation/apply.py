# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a plan. Every step is one that a next run can take up if this one is killed."""

from __future__ import annotations

import typing as t

from .._common.errors import EngineError
from . import labels as lb
from .applied import Applied
from .consumer_run import Target
from .create import RejectedElsewhereError, create_version
from .create_set import create_set
from .finish import Finish
from .quarantine import Quarantine
from .rollout import Rollout

if t.TYPE_CHECKING:
    from .._swarm.client import SwarmClient
    from .._vault.source import SourceReader
    from .observation import SwarmState
    from .plan import NewVersion, Plan, SecretPlan
    from .request import Options


def apply(
    plan: Plan, state: SwarmState, options: Options, swarm: SwarmClient, reader: SourceReader
) -> Applied:
    """Carry out a plan: create, relabel, move consumers, promote, retire.

    Trouble with one secret or consumer is noted and the rest carried on with.

    :param reader: used only where there are leases to end.
    """
    done = Applied()
    rollout = Rollout(swarm, state, options, done.targets, Quarantine(swarm, plan, done))
    for secrets in _prepared_together(plan.secrets):
        _prepare(secrets, options, swarm, done, rollout)
    done.outcomes = rollout.run(plan.consumers)
    done.changed = done.changed or any(item.updated for item in done.outcomes)
    try:
        Finish(plan, options, swarm, reader, done).run()
    except EngineError as error:
        # Every consumer is where it should be; what is left, the next run finds by itself.
        done.warnings.append(f"Old versions are left for the next run to retire: {error}")
    return done


def _prepared_together(secrets: t.Sequence[SecretPlan]) -> list[list[SecretPlan]]:
    """Group the secrets whose new versions only work together, each of the others by itself."""
    groups: dict[tuple[str, ...], list[SecretPlan]] = {}
    for secret in secrets:
        key = (secret.together if secret.create else ()) or (secret.name,)
        groups.setdefault(key, []).append(secret)
    return list(groups.values())


def _prepare(
    secrets: t.Sequence[SecretPlan],
    options: Options,
    swarm: SwarmClient,
    done: Applied,
    rollout: Rollout,
) -> None:
    """Make everything true of secrets that has to be before a consumer moves."""
    try:
        for relabel in (relabel for secret in secrets for relabel in secret.relabels):
            change = lb.same_change(relabel.secret.labels, relabel.labels)
            if swarm.update_secret_labels(relabel.secret, change):
                done.changed = True
        targets = _create([s.create for s in secrets if s.create is not None], options, swarm)
    except EngineError as error:
        for secret in secrets:
            if isinstance(error, RejectedElsewhereError):
                done.targets[secret.name] = error.target
            done.failed_secrets[secret.name] = str(error)
            rollout.block(secret.name, str(error))
        return
    done.changed = done.changed or bool(targets)
    for secret in secrets:
        if secret.create is None and secret.current is not None:
            targets[secret.name] = Target(secret.current.secret.id, secret.current.secret.name)
    done.targets.update(targets)


def _create(new: t.Sequence[NewVersion], options: Options, swarm: SwarmClient) -> dict[str, Target]:
    if len(new) > 1:
        return create_set(swarm, new, options.hash_key)
    return {one.logical: create_version(swarm, one, options.hash_key) for one in new}
