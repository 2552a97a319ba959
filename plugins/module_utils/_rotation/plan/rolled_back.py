# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for ``state: rolled_back``: consumers go back to the version before. Pure."""

from __future__ import annotations

import typing as t

from ..._common.errors import raise_problems
from .. import labels as secret_labels
from .model import Plan, Relabel, SecretAction, SecretPlan
from .services import plan_consumers

if t.TYPE_CHECKING:
    from datetime import datetime

    from ..observe.state import Observation
    from ..request import Options
    from ..versions import LogicalSecret


def plan_rolled_back(observation: Observation, options: Options) -> Plan:
    """Make the plan.

    It is a state, not a step: where the newest version is quarantined already, the secret is
    rolled back, and a second run, or one after a killed one, goes no further back.

    :raises InputError: a secret has no version to go back to; names all of them.
    """
    plans = {}
    problems = []
    for secret in observation.secrets:
        plan = _plan_secret(secret.versions, observation.now)
        if plan is None:
            problems.append(_problem(secret.versions))
        else:
            plans[secret.name] = plan
    raise_problems(problems)
    consumers = plan_consumers(observation.state, plans, force=options.force)
    # The version left behind records the quarantine, so nothing is retired.
    return Plan(tuple(plans.values()), consumers, ())


def _plan_secret(logical: LogicalSecret, now: datetime) -> SecretPlan | None:
    if not logical.managed:
        return None
    last = logical.managed[-1]
    target = logical.before(last.number)
    if target is None or (target.validity and target.validity.expires <= now):
        return None
    done = last.is_quarantined
    labels = secret_labels.rolled_back(last.secret.labels)
    return SecretPlan(
        logical.name,
        SecretAction.UNCHANGED if done else SecretAction.ROLLED_BACK,
        f"{last.secret.name} is quarantined already"
        if done
        else f"{last.secret.name} is quarantined, as asked for",
        current=target,
        relabels=() if done else (Relabel(last.secret, labels),),
        previous=logical.before(target.number),
        source_version=target.source_version,
    )


def _problem(logical: LogicalSecret) -> str:
    if not logical.managed:
        return f"{logical.name}: there is no version of it in this Swarm"
    last = logical.managed[-1].secret.name
    ended = [version.secret.name for version in logical.managed[:-1] if version.validity]
    if ended:
        return (
            f"{logical.name}: {ended[-1]} cannot be gone back to, as its credentials or certificate"
            f" have ended: use state present with force, which gets new ones"
        )
    return f"{logical.name}: {last} is the only version, there is none before it to go back to"
