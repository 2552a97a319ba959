# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which leases nobody needs any more, and how they are ended.

A credential that was replaced is good until every consumer has converged; only then is its lease
revoked, and never while a service refers to a version that carries it.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._common import errors, times
from . import labels as secret_labels
from .plan import model

if t.TYPE_CHECKING:
    from datetime import datetime

    from .._swarm import client
    from .._vault import source
    from . import versions as versioning
    from .observe import state as states

Leases = t.Mapping[str, tuple["versioning.Version", ...]]


def spent_leases(
    state: states.SwarmState,
    current: t.Mapping[str, str | None],
    used: t.Container[str],
    now: datetime,
) -> Leases:
    """Return the leases that can be ended, with the versions that carry each.

    :param current: id of the secret that consumers are to run, by logical name; the leases of
        secrets that are not in here are left alone.
    :param used: ids of the secrets that services refer to.
    """

    def is_spent(versions: t.Iterable[versioning.Version]) -> bool:
        return not any(
            version.logical not in current
            or version.secret.id in used
            or version.secret.id == current[version.logical]
            for version in versions
        )

    holders = living_leases(state, now)
    return {lease_id: versions for lease_id, versions in holders.items() if is_spent(versions)}


def living_leases(state: states.SwarmState, now: datetime) -> Leases:
    """Return all leases that have not ended, with the versions that carry each."""
    found: dict[str, tuple[versioning.Version, ...]] = {}
    for logical in state.logical.values():
        for version in logical.managed:
            validity = version.validity
            if validity and validity.lease_id and validity.expires > now and not version.is_revoked:
                found[validity.lease_id] = (*found.get(validity.lease_id, ()), version)
    return found


def planned_leases(plan: model.Plan, state: states.SwarmState, now: datetime) -> Leases:
    """Return the leases that can be ended if every planned consumer converges."""
    current = {
        secret.name: secret.current.secret.id if secret.current and not secret.create else None
        for secret in plan.secrets
        if not secret.frozen and secret.name not in plan.unfinished
    }
    return spent_leases(state, current, _references_after(state, plan.consumers), now)


def _references_after(
    state: states.SwarmState, consumers: t.Iterable[model.ConsumerPlan]
) -> set[str]:
    left = {
        (item.service.id, swap.old.secret_id)
        for item in consumers
        if item.action is model.UPDATE
        for swap in item.swaps
    }
    return {
        reference.secret_id
        for service in state.services
        for reference in service.references
        if (service.id, reference.secret_id) not in left
    }


class EndedLeases(t.NamedTuple):
    """What became of leases that were to be ended.

    :param done: names of the Swarm secrets whose lease was ended.
    :param failed: ids of the Swarm secrets whose lease could not be, with the reason.
    """

    done: tuple[str, ...]
    failed: t.Mapping[str, str]


def end_leases(leases: Leases, reader: source.SourceReader) -> EndedLeases:
    """Revoke leases in Vault."""
    results = revoke(leases, reader)
    done = [
        version.secret.name
        for lease_id, versions in leases.items()
        if results[lease_id] is None
        for version in versions
    ]
    failed = {
        version.secret.id: str(results[lease_id])
        for lease_id, versions in leases.items()
        if results[lease_id] is not None
        for version in versions
    }
    return EndedLeases(tuple(sorted(done)), failed)


def mark_revoked(version: versioning.Version, swarm: client.SwarmClient, now: datetime) -> None:
    """Note on a version that nobody can use its value any more."""
    mark = {secret_labels.LEASE_REVOKED: times.format_time(now)}
    swarm.update_secret_labels(version.secret, lambda labels: {**labels, **mark})


def revoke(
    lease_ids: t.Collection[str], reader: source.SourceReader
) -> dict[str, Exception | None]:
    """Revoke leases; where Vault cannot even be asked, each has that error."""
    if not lease_ids:
        return {}
    try:
        return reader.revoke(lease_ids)
    except errors.SwarmVaultError as error:
        return dict.fromkeys(lease_ids, error)


def revoke_unclaimed_leases(reader: source.SourceReader, swarm: client.SwarmClient) -> None:
    """End the leases that a run has taken, save those that a version has come to carry."""
    taken = reader.held_leases()
    if not taken:
        return
    # Without knowing what is in Swarm, a lease that some service lives by could be ended.
    with contextlib.suppress(errors.DockerError):
        carried = {secret.labels.get(secret_labels.LEASE_ID) for secret in swarm.secrets()}
        revoke([lease_id for lease_id in taken if lease_id not in carried], reader)
