# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions may go, at the end of a run and told before it starts: pure."""

from __future__ import annotations

import typing as t

from . import model

if t.TYPE_CHECKING:
    from .. import versions
    from ..observe import state as states


def unfinished_secrets(consumers: t.Iterable[model.ConsumerPlan], *, wait: bool) -> frozenset[str]:
    """Return the logical secrets of which a run cannot see that all consumers have converged.

    Their versions are neither confirmed nor retired, and no lease of theirs is ended.
    """
    return frozenset(
        name
        for consumer in consumers
        if consumer.action is model.HOLD
        or (consumer.action in (model.UPDATE, model.WATCH) and not wait)
        for name in consumer.secrets
    )


def plan_retirement(
    state: states.SwarmState,
    plans: t.Mapping[str, model.SecretPlan],
    consumers: t.Sequence[model.ConsumerPlan],
    keep_versions: int,
    unfinished: t.Container[str] = (),
) -> tuple[versions.Version, ...]:
    """Return the versions to retire if every planned consumer converges.

    :param unfinished: logical secrets of which not all consumers can.
    """
    used = used_after(state, consumers)
    return tuple(
        version
        for plan in plans.values()
        if not plan.frozen and plan.name not in unfinished
        for version in superseded(
            state.secret(plan.name), plan.current_number, keep_versions, used, plan.rejected_ids
        )
    )


def used_after(
    state: states.SwarmState, consumers: t.Sequence[model.ConsumerPlan]
) -> frozenset[str]:
    """Return the secret ids that services will run or may roll back to after the updates.

    An update makes the present spec the previous one, and forgets the one before that.
    """
    moved = {item.service.id: item for item in consumers if item.action == model.UPDATE}
    used: set[str] = set()
    for service in state.services:
        used.update(reference.secret_id for reference in service.references)
        if service.id not in moved:
            used.update(reference.secret_id for reference in service.previous_references)
    return frozenset(used)


def superseded(
    logical: versions.LogicalSecret,
    current: int,
    keep_versions: int,
    used_ids: t.Container[str],
    rejected: t.Container[str] = (),
) -> tuple[versions.Version, ...]:
    """Return the versions that nothing needs any more, oldest first.

    Kept are the current version, the newest of those that were rejected after it (it records the
    quarantine), the newest earlier ones up to ``keep_versions`` in all, and whatever a service
    runs or may roll back to. Earlier versions that never converged or were quarantined do not
    count, and go.

    :param current: number of the version consumers run; 0: what somebody else made.
    :param used_ids: secret ids in any service's spec or previous spec.
    :param rejected: ids of versions that are about to be quarantined.
    """
    earlier = [version for version in logical.managed if version.number < current]
    good = [v for v in earlier if not v.is_quarantined and not v.is_pending]
    # keep_versions - 1 may be 0, and good[-0:] would be all of them.
    kept = {version.number for version in good[max(len(good) - (keep_versions - 1), 0) :]}
    gone = [v for v in earlier if v.number not in kept and v.secret.id not in used_ids]
    later = [v for v in forgettable(logical, used_ids, rejected) if v.number > current]
    return (*gone, *later)


def forgettable(
    logical: versions.LogicalSecret, used_ids: t.Container[str], rejected: t.Container[str] = ()
) -> tuple[versions.Version, ...]:
    """Return the rejected versions that may go although a newer value failed as well.

    The newest tells which value not to try again; those before it tell what nobody asks any more.
    """
    found = [v for v in logical.managed if v.is_quarantined or v.secret.id in rejected]
    return tuple(version for version in found[:-1] if version.secret.id not in used_ids)
