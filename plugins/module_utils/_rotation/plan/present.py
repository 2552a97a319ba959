# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for ``state: present``: every consumer runs what the source holds. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._common.errors import InputError
from ..._common.times import format_time
from ..._swarm.naming import check_name, version_name
from .. import labels as secret_labels
from ..observe.adoption import marks
from ..validity_labels import validity_labels
from ..versions import free_number
from .decision import Decision, decide
from .model import CREATING, NewVersion, Plan, Relabel, SecretAction, SecretPlan
from .retirement import plan_retirement
from .services import plan_consumers

if t.TYPE_CHECKING:
    from ..._swarm.model import RawSpec
    from ..observe.state import Observation, ObservedSecret, SourceState
    from ..request import Options, SecretRequest
    from ..versions import LogicalSecret, Version


def plan_present(observation: Observation, options: Options) -> Plan:
    """Make the plan.

    :raises InputError: a change cannot be told, or a version's name would be too long.
    """
    state = observation.state
    ending = frozenset(secret.name for secret in observation.secrets if secret.source.ends)
    planner = _Planner(observation, options, state.taken_names(), ending)
    plans: dict[str, SecretPlan] = {}
    problems: list[str] = []
    for secret in observation.secrets:
        try:
            plans[secret.name] = planner.plan(secret)
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("Nothing was changed. " + " ".join(problems))
    consumers = plan_consumers(
        state,
        plans,
        observation.requests,
        force=options.force,
        on_failure=options.on_failure,
    )
    retire = plan_retirement(state, plans, consumers, options.keep_versions)
    kept = [plan for plan in plans.values() if plan.action is SecretAction.KEPT]
    warnings = [f"{plan.name}: {plan.reason}" for plan in kept]
    warnings += _cut_short(observation.secrets)
    return Plan(tuple(plans.values()), consumers, retire, tuple(warnings))


@dataclass(frozen=True)
class _Planner:
    observation: Observation
    options: Options
    taken: frozenset[str]
    #: Logical secrets of which a source makes new values at each read.
    ending: frozenset[str]

    def plan(self, secret: ObservedSecret) -> SecretPlan:
        rejected_by = self.observation.rejected_by
        request, logical, source = secret.request, secret.versions, secret.source
        decision = decide(secret, self.options, rejected_by)
        if decision.action is SecretAction.KEPT:
            return SecretPlan(
                secret.name,
                SecretAction.KEPT,
                decision.reason,
                current=logical.fallback,
                frozen=True,
            )
        adopted = marks(logical)
        relabels = [
            *adopted,
            *(
                Relabel(version.secret, _failed_labels(version, rejected_by[version.secret.id]))
                for version in logical.managed
                if version.secret.id in rejected_by
            ),
        ]
        group = secret.group if self.ending.intersection(secret.group) else ()
        if decision.action in CREATING:
            new = self._new_version(secret)
            return SecretPlan(
                secret.name,
                decision.action,
                decision.reason,
                create=new,
                relabels=tuple(relabels),
                previous=logical.before(new.number),
                source_version=source.version,
                promote=True,
                group=group,
            )
        newest = secret.choice.current
        current = newest or logical.original
        if decision.action is SecretAction.RECORDED and newest is not None:
            relabels.append(Relabel(newest.secret, _recorded_labels(request, newest, source)))
        if adopted and decision.action is SecretAction.UNCHANGED:
            names = " and ".join(relabel.secret.name for relabel in adopted)
            decision = Decision(SecretAction.RECORDED, f"{decision.reason}; {names} adopted")
        return SecretPlan(
            secret.name,
            decision.action,
            decision.reason,
            current=current,
            relabels=tuple(relabels),
            previous=logical.before(current.number) if current else None,
            source_version=_running_version(decision, current, source),
            promote=newest is not None and newest.is_pending,
            group=group,
        )

    def _new_version(self, secret: ObservedSecret) -> NewVersion:
        request, logical, source = secret.request, secret.versions, secret.source
        number = free_number(request.name, logical.last_number + 1, self.taken)
        name = version_name(request.name, number)
        problem = check_name(name)
        if problem:
            raise InputError(f"{request.name}: {problem}.", "Use a shorter name.")
        if source.value is None and not source.unread:
            raise AssertionError(f"no value was read for {request.name}")
        before = logical.fallback.secret.labels if logical.fallback else {}
        labels = {
            **_given_labels(request, secret_labels.inherited(before)),
            **_source_labels(request, source),
            secret_labels.NAME: request.name,
            secret_labels.VERSION: str(number),
            secret_labels.STATUS: secret_labels.PENDING,
        }
        return NewVersion(request.name, number, name, labels, source.value, _templating(logical))


def _given_labels(request: SecretRequest, kept: t.Mapping[str, str]) -> dict[str, str]:
    """Return the labels that are neither ours nor a source's; the entry has the last word."""
    labels = {key: value for key, value in kept.items() if key not in request.dropped_labels}
    return {**labels, **request.labels}


def _templating(logical: LogicalSecret) -> RawSpec | None:
    """Return how the engine is to fill in placeholders of a new version: as in the one before.

    An original has the last word where that has nothing: there were releases that lost it.
    """
    found = [v.secret.templating for v in (logical.newest, logical.original) if v]
    return next(filter(None, found), None)


def _cut_short(secrets: t.Iterable[ObservedSecret]) -> t.Iterator[str]:
    for secret in secrets:
        validity = secret.source.validity
        if validity is not None and validity.cut_short:
            yield (
                f"{secret.name}: its lease ends already at {format_time(validity.expires)}, with the"
                " token that read it: let the login give tokens that live longer (token_max_ttl,"
                " token_period); a vault_token is not renewed, so use one that lives longer, or a"
                " login"
            )


def _running_version(
    decision: Decision, current: Version | None, source: SourceState
) -> int | None:
    if decision.action is SecretAction.QUARANTINED:
        return current.source_version if current else None
    return source.version


def _failed_labels(version: Version, services: str) -> dict[str, str]:
    changed = dict(version.secret.labels)
    for service in services.split(", "):
        changed = secret_labels.with_failure(changed, service)
    return changed


def _recorded_labels(
    request: SecretRequest, version: Version, source: SourceState
) -> dict[str, str]:
    kept = secret_labels.without_source(version.secret.labels)
    if source.renewal is not None and source.validity is None:  # not read: its term goes on
        kept.update(validity_labels(version.validity))
    return {**_given_labels(request, kept), **_source_labels(request, source)}


def _source_labels(request: SecretRequest, source: SourceState) -> dict[str, str]:
    found = secret_labels.source_labels(request.source)
    if source.version is not None:
        found[secret_labels.SOURCE_VERSION] = str(source.version)
        if source.created_time:
            found[secret_labels.SOURCE_TIME] = source.created_time
    if request.renew_before:
        found[secret_labels.RENEW_BEFORE] = request.renew_before
    return {**found, **validity_labels(source.validity)}
