# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a plan. Every step is one that a next run can take up if this one is killed."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, field

from .._common.errors import EngineError, InUseError
from . import labels as lb
from . import outcome as oc
from .consumer_run import Target
from .create import RejectedElsewhereError, create_version
from .observation import SwarmState
from .retention import superseded
from .rollout import Rollout
from .versions import managed_version

if t.TYPE_CHECKING:
    from .._swarm.client import SwarmClient
    from .._swarm.model import SwarmSecret
    from .plan import Plan, SecretPlan
    from .request import Options
    from .versions import Version

#: Outcomes after which the version before is not needed by that consumer any more.
_DONE = (oc.CONVERGED, oc.SKIPPED, oc.GONE)


@dataclass
class Applied:
    """What carrying out a plan came to.

    :param targets: version that consumers were to run, by logical name.
    :param failed_secrets: logical secrets that went wrong, with the reason.
    """

    changed: bool = False
    targets: dict[str, Target] = field(default_factory=dict)
    outcomes: list[oc.Outcome] = field(default_factory=list)
    failed_secrets: dict[str, str] = field(default_factory=dict)
    retired: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def apply(plan: Plan, state: SwarmState, options: Options, swarm: SwarmClient) -> Applied:
    """Carry out a plan: create, relabel, move consumers, promote, retire.

    Trouble with one secret or consumer is noted and the rest carried on with.
    """
    done = Applied()
    quarantine = _Quarantine(swarm, done)
    rollout = Rollout(swarm, state, options, done.targets, quarantine.note)
    for secret in plan.secrets:
        _prepare(secret, options, swarm, done, rollout)
    done.outcomes = rollout.run(plan.consumers)
    done.changed = done.changed or any(item.updated for item in done.outcomes)
    try:
        _finish(plan, options, swarm, done)
    except EngineError as error:
        # Every consumer is where it should be; what is left, the next run finds by itself.
        done.warnings.append(f"Old versions are left for the next run to retire: {error}")
    return done


def remove_all(plan: Plan, swarm: SwarmClient) -> Applied:
    """Carry out a plan that only removes versions."""
    done = Applied()
    for version in plan.retire:
        _remove(version, swarm, done)
    return done


def _remove(version: Version, swarm: SwarmClient, done: Applied) -> None:
    try:
        swarm.remove_secret(version.secret.id)
    except EngineError as error:  # a service began to use it meanwhile, or the engine is lost
        done.failed_secrets.setdefault(version.logical, str(error))
    else:
        done.changed = True
        done.retired.append(version.secret.name)


def _prepare(
    secret: SecretPlan, options: Options, swarm: SwarmClient, done: Applied, rollout: Rollout
) -> None:
    """Make everything true of a secret that has to be before a consumer moves."""
    try:
        for relabel in secret.relabels:
            change = lb.same_change(relabel.secret.labels, relabel.labels)
            if swarm.update_secret_labels(relabel.secret, change):
                done.changed = True
        if secret.create is not None:
            done.targets[secret.name] = create_version(swarm, secret.create, options.hash_key)
            done.changed = True
    except EngineError as error:
        if isinstance(error, RejectedElsewhereError):
            done.targets[secret.name] = error.target
        done.failed_secrets[secret.name] = str(error)
        rollout.block(secret.name, str(error))
    else:
        if secret.create is None and secret.current is not None:
            current = secret.current.secret
            done.targets[secret.name] = Target(current.id, current.name)


class _Quarantine:
    """Notes on a version which consumers it failed on."""

    def __init__(self, swarm: SwarmClient, done: Applied) -> None:
        self._swarm = swarm
        self._done = done

    def note(self, logical: str, consumer: str) -> None:
        reason = f"rollout failed on {consumer}"
        self._done.failed_secrets.setdefault(logical, reason)
        target = self._done.targets.get(logical)
        try:
            secret = _by_id(self._swarm.secrets()).get(target.secret_id) if target else None
            if secret is not None and managed_version(secret) is not None:
                failed = functools.partial(lb.with_failure, service=consumer)
                if self._swarm.update_secret_labels(secret, failed):
                    self._done.changed = True
        except EngineError as error:
            # The consumer's way back matters more; the next run finds the rollback by itself.
            self._done.warnings.append(f"{logical} could not be quarantined: {error}")


def _finish(plan: Plan, options: Options, swarm: SwarmClient, done: Applied) -> None:
    """Promote what converged everywhere, then retire what nothing needs any more."""
    converged = _converged(plan, done)
    wanted = [secret for secret in plan.secrets if secret.name in converged and not secret.frozen]
    old = {version.logical for version in plan.retire}
    if not any(secret.promote or secret.name in old for secret in wanted):
        return
    # Read anew: what services run and may roll back to has changed, not only through us.
    fresh = SwarmState.of(swarm.secrets(), swarm.services())
    secrets = _by_id(fresh.secrets)
    for secret in wanted:
        target = secrets.get(done.targets[secret.name].secret_id)
        if target is None:
            continue
        if secret.promote and swarm.update_secret_labels(target, lb.promoted):
            done.changed = True
    used = fresh.used_ids()
    for secret in wanted:
        current = fresh.by_secret_id.get(done.targets[secret.name].secret_id)
        if current is None or current.is_original or current.is_quarantined:
            continue  # another run has just rejected it: what came before is needed
        if not (secret.promote or secret.name in old):
            continue
        for version in superseded(
            fresh.secret(secret.name), current.number, options.keep_versions, used
        ):
            _retire(version.secret, swarm, done)


def _retire(secret: SwarmSecret, swarm: SwarmClient, done: Applied) -> None:
    try:
        swarm.remove_secret(secret.id)
    except InUseError:
        done.warnings.append(f"{secret.name} was kept: a service began to use it meanwhile")
    except EngineError as error:
        done.warnings.append(f"{secret.name} was not retired, a next run will: {error}")
    else:
        done.changed = True
        done.retired.append(secret.name)


def _converged(plan: Plan, done: Applied) -> set[str]:
    """Return the logical secrets that every consumer of theirs runs."""
    names = {secret.name for secret in plan.secrets if secret.name in done.targets}
    for item in done.outcomes:
        if item.state in (oc.BLOCKED, oc.ROLLED_BACK) and item.left_out:
            names -= set(item.left_out)  # it runs the others
        elif item.state not in _DONE:
            names -= set(item.secrets)
    return names - set(done.failed_secrets)


def _by_id(secrets: t.Iterable[SwarmSecret]) -> dict[str, SwarmSecret]:
    return {secret.id: secret for secret in secrets}
