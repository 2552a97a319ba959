# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for ``state: present``: every consumer runs what the source holds. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._common.errors import InputError
from .._swarm.naming import check_name, version_name
from .._vault import fingerprint
from . import labels as lb
from .consumers import plan_consumers
from .decision import CREATING, KEPT, QUARANTINED, RECORDED, Decision, Standing, decide
from .plan import NewVersion, Plan, Relabel, SecretPlan
from .retire_plan import plan_retirement

if t.TYPE_CHECKING:
    from .observation import SourceState, SwarmState
    from .request import Options, SecretRequest
    from .versions import LogicalSecret, Version


def plan_present(
    requests: t.Sequence[SecretRequest],
    state: SwarmState,
    sources: t.Mapping[str, SourceState],
    options: Options,
    faulty: t.Mapping[str, str],
) -> Plan:
    """Make the plan.

    :param faulty: ids of pending secrets that consumers rejected, with these consumers' names.
    :raises InputError: a change cannot be told, or a version's name would be too long.
    """
    planner = _Planner(state, options, faulty)
    plans = {request.name: planner.plan(request, sources[request.name]) for request in requests}
    consumers = plan_consumers(
        state,
        plans,
        requests,
        force=options.force,
        rolls_back=options.on_failure in ("rollback", "rollback_all"),
    )
    retire = plan_retirement(state, plans, consumers, options.keep_versions)
    warnings = tuple(
        f"{plan.name}: {plan.reason}" for plan in plans.values() if plan.action == KEPT
    )
    return Plan(tuple(plans.values()), consumers, retire, warnings)


def find_faulty(names: t.Iterable[str], state: SwarmState) -> dict[str, str]:
    """Find pending versions that a consumer rejected while no run was there to note it.

    The sign is a rollback of a consumer that runs an earlier version, started after the
    version was made. Returns secret ids with the names of these consumers.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        newest = state.secret(name).newest
        if newest is None or not newest.is_pending:
            continue
        for service in state.services:
            numbers = [
                v.number for _, v in state.versions_in(service.references) if v.logical == name
            ]
            rolled_back = (service.update_state or "").startswith("rollback")
            after = service.update_started >= newest.secret.created_at
            if rolled_back and after and any(number < newest.number for number in numbers):
                found.setdefault(newest.secret.id, []).append(service.name)
    return {secret_id: ", ".join(services) for secret_id, services in found.items()}


@dataclass(frozen=True)
class _Planner:
    state: SwarmState
    options: Options
    faulty: t.Mapping[str, str]

    def plan(self, request: SecretRequest, source: SourceState) -> SecretPlan:
        logical = self.state.secret(request.name)
        decision = decide(request, logical, source, self.options, self.faulty)
        if decision.action == KEPT:
            return SecretPlan(
                request.name, KEPT, decision.reason, current=logical.fallback, frozen=True
            )
        newest = Standing.of(logical, self.faulty).newest
        relabels = [
            Relabel(version.secret, _failed_labels(version, self.faulty[version.secret.id]))
            for version in logical.managed
            if version.secret.id in self.faulty
        ]
        if decision.action in CREATING:
            return SecretPlan(
                request.name,
                decision.action,
                decision.reason,
                create=self._new_version(request, logical, source),
                relabels=tuple(relabels),
                previous=newest or logical.original,
                source_version=source.version,
                promote=True,
            )
        current = newest or logical.original
        if decision.action == RECORDED and newest is not None:
            relabels.append(Relabel(newest.secret, _recorded_labels(request, newest, source)))
        return SecretPlan(
            request.name,
            decision.action,
            decision.reason,
            current=current,
            relabels=tuple(relabels),
            previous=logical.before(current.number) if current else None,
            source_version=_running_version(decision, current, source),
            promote=newest is not None and newest.is_pending,
        )

    def _new_version(
        self, request: SecretRequest, logical: LogicalSecret, source: SourceState
    ) -> NewVersion:
        number = max((version.number for version in logical.managed), default=0) + 1
        taken = self.state.names()
        while version_name(request.name, number) in taken:
            number += 1  # somebody else's secret has that name: leave it alone
        name = version_name(request.name, number)
        problem = check_name(name)
        if problem:
            raise InputError(
                f"Nothing was changed: {request.name}: {problem}.", "Use a shorter name."
            )
        if source.value is None:
            raise AssertionError(f"no value was read for {request.name}")
        labels = {
            **request.labels,
            **_source_labels(request, source),
            lb.NAME: request.name,
            lb.VERSION: str(number),
            lb.FINGERPRINT: fingerprint.make(source.value, self.options.hash_key),
            lb.STATUS: lb.PENDING,
        }
        return NewVersion(request.name, number, name, labels, source.value)


def _running_version(
    decision: Decision, current: Version | None, source: SourceState
) -> int | None:
    if decision.action == QUARANTINED:
        return current.source_version if current else None
    return source.version


def _failed_labels(version: Version, services: str) -> dict[str, str]:
    changed = dict(version.secret.labels)
    for service in services.split(", "):
        changed = lb.with_failure(changed, service)
    return changed


def _recorded_labels(
    request: SecretRequest, version: Version, source: SourceState
) -> dict[str, str]:
    kept = lb.without_source(version.secret.labels)
    return {**kept, **request.labels, **_source_labels(request, source)}


def _source_labels(request: SecretRequest, source: SourceState) -> dict[str, str]:
    found = lb.source_labels(request.source)
    if source.version is not None:
        found[lb.SOURCE_VERSION] = str(source.version)
        if source.created_time:
            found[lb.SOURCE_TIME] = source.created_time
    return found
