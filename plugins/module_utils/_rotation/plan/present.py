# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for ``state: present``: every consumer runs what the source holds. Pure."""

from __future__ import annotations

import typing as t

from ..._common import errors, times
from ..._swarm import naming
from .. import groups as grouping
from .. import labels as secret_labels
from .. import payload, validity_labels, versions
from ..observe import adoption
from . import model as plan_model
from . import retirement, waves
from .decision import Decision, decide, released
from .services import plan_consumers

if t.TYPE_CHECKING:
    from ..._swarm import model as swarm_model
    from .. import request as requested
    from ..observe import state as states


#: What a secret's group waits for, too.
_HOLDING = (
    plan_model.SecretAction.FAILED,
    plan_model.SecretAction.KEPT,
    plan_model.SecretAction.QUARANTINED,
)
#: Nobody gets to the end of as many numbers.
_MANY_VERSIONS = 1000
#: So many versions before the last one that a name allows for, each new one is told.
_FEW_VERSIONS = 3


def plan_present(observation: states.Observation, options: requested.Options) -> plan_model.Plan:
    """Make the plan. A secret with a problem of its own stops no other one."""
    state = observation.state
    planner = _Planner(observation, options, state.taken_names())
    decisions = {secret.name: planner.decide(secret) for secret in observation.secrets}
    decisions = _decided_together(observation.secrets, decisions, options)
    plans = {
        secret.name: planner.plan(secret, decisions[secret.name]) for secret in observation.secrets
    }
    plans = _grouped(plans, observation.secrets)
    consumers = plan_consumers(
        state,
        plans,
        observation.requests,
        force=options.force,
        on_failure=options.on_failure,
    )
    consumers = waves.hold_back(consumers, options.max_waves)
    unfinished = retirement.unfinished_secrets(consumers, wait=options.wait)
    unfinished |= waves.open_secrets(plans, consumers, options.max_waves)
    retire = retirement.plan_retirement(state, plans, consumers, options.keep_versions, unfinished)
    kept = [plan for plan in plans.values() if plan.action is plan_model.SecretAction.KEPT]
    warnings = [f"{plan.name}: {plan.reason}" for plan in kept]
    warnings += _cut_short(observation.secrets)
    warnings += _numbers_run_out(plans.values())
    return plan_model.Plan(
        tuple(plans.values()), consumers, retire, tuple(warnings), unfinished=unfinished
    )


def _decided_together(
    secrets: t.Sequence[states.ObservedSecret],
    decisions: t.Mapping[str, Decision],
    options: requested.Options,
) -> dict[str, Decision]:
    """Let no secret get a new value while one that goes with it cannot: all or none."""
    together = dict(decisions)
    by_name = {secret.name: secret for secret in secrets}
    for names in dict.fromkeys(secret.group for secret in secrets):
        members = [by_name[name] for name in names if name in by_name]
        if any(decisions[name].action in plan_model.CREATING for name in names):
            # With another value beside it, what was rejected is another group: the password may
            # have been put right, and the user be what it was.
            together.update(released(members, decisions, options))
        holding = [name for name in names if together[name].action in _HOLDING]
        if not holding:
            continue
        first = together[holding[0]]
        reason = f"stays as it is together with {holding[0]}: {first.reason}"
        for name in names:
            if together[name].action in plan_model.CREATING:
                together[name] = Decision(first.action, reason)
    return together


def _grouped(
    plans: t.Mapping[str, plan_model.SecretPlan], secrets: t.Sequence[states.ObservedSecret]
) -> dict[str, plan_model.SecretPlan]:
    """Note on each secret which others are changed together with it."""
    groups = grouping.changing_groups(plans, secrets)
    grouped = {}
    for secret in secrets:
        plan = plans[secret.name]._replace(siblings=secret.group)
        names = groups.get(secret.name, ())
        if len(names) > 1:
            plan = plan._replace(group=names)
        elif not names and plan.action is plan_model.SecretAction.RECORDED:
            changed = next((n for n in secret.group if plans[n].create is not None), None)
            if changed is not None:
                plan = plan._replace(recorded_with=groups[changed])
        grouped[secret.name] = plan
    return grouped


class _Planner(t.NamedTuple):
    observation: states.Observation
    options: requested.Options
    taken: frozenset[str]

    def decide(self, secret: states.ObservedSecret) -> Decision:
        try:
            decision = decide(secret, self.options, self.observation.rejected_by)
        except errors.InputError as error:
            return Decision(plan_model.SecretAction.FAILED, str(error))
        if decision.action in plan_model.CREATING:
            problem = naming.check_name(naming.version_name(secret.name, self._next_number(secret)))
            if problem:
                reason = f"{problem}: give the secret a shorter name"
                return Decision(plan_model.SecretAction.FAILED, reason)
        return decision

    def plan(self, secret: states.ObservedSecret, decision: Decision) -> plan_model.SecretPlan:
        request, logical, source = secret.request, secret.versions, secret.source
        if decision.action in (plan_model.SecretAction.KEPT, plan_model.SecretAction.FAILED):
            return plan_model.SecretPlan(
                secret.name,
                decision.action,
                decision.reason,
                current=logical.fallback,
                frozen=True,
            )
        adopted = adoption.marks(logical)
        relabels = [*adopted, *self._noted(secret, decision)]
        if decision.action in plan_model.CREATING:
            new = self._new_version(secret)
            return plan_model.SecretPlan(
                secret.name,
                decision.action,
                decision.reason,
                create=new,
                relabels=tuple(relabels),
                previous=logical.before(new.number),
                source_version=source.version,
                offered_version=source.version,
                promote=True,
            )
        newest = secret.choice.current
        current = newest or logical.original
        if decision.action is plan_model.SecretAction.RECORDED and newest is not None:
            relabels.append(
                plan_model.Relabel(newest.secret, _recorded_labels(request, newest, source))
            )
        if adopted and decision.action is plan_model.SecretAction.UNCHANGED:
            names = " and ".join(relabel.secret.name for relabel in adopted)
            decision = Decision(
                plan_model.SecretAction.RECORDED, f"{decision.reason}; {names} adopted"
            )
        return plan_model.SecretPlan(
            secret.name,
            decision.action,
            decision.reason,
            current=current,
            relabels=tuple(relabels),
            previous=logical.before(current.number) if current else None,
            source_version=_running_version(decision, current, source),
            offered_version=source.version,
            promote=newest is not None and newest.is_pending,
        )

    def _noted(
        self, secret: states.ObservedSecret, decision: Decision
    ) -> t.Iterator[plan_model.Relabel]:
        """Yield what is to be noted on versions that consumers rejected."""
        rejected_by, source = self.observation.rejected_by, secret.source
        for version in secret.versions.managed:
            labels = version.secret.labels
            if version.secret.id in rejected_by:
                labels = _failed_labels(version, rejected_by[version.secret.id])
            if version is decision.rejected and source.version is not None:
                # The same text in a newer version: the next run need not read it again.
                labels = _followed_labels(labels, secret.request, source)
            if labels != version.secret.labels:
                yield plan_model.Relabel(version.secret, labels)

    def _next_number(self, secret: states.ObservedSecret) -> int:
        return versions.free_number(secret.name, secret.versions.last_number + 1, self.taken)

    def _new_version(self, secret: states.ObservedSecret) -> plan_model.NewVersion:
        request, logical, source = secret.request, secret.versions, secret.source
        number = self._next_number(secret)
        name = naming.version_name(request.name, number)
        group = grouping.group_label(
            request,
            source,
            self.observation.now,
            force=self.options.force,
            taken=_other_groups(secret),
        )
        labels = {
            **_given_labels(request, _inherited(request, logical.fallback)),
            **_source_labels(request, source),
            **({secret_labels.GROUP: group} if group else {}),
            secret_labels.NAME: request.name,
            secret_labels.VERSION: str(number),
            secret_labels.STATUS: secret_labels.PENDING,
        }
        return plan_model.NewVersion(request.name, number, name, labels, _payload(secret))


def _given_labels(request: requested.SecretRequest, kept: t.Mapping[str, str]) -> dict[str, str]:
    """Return the labels that are neither ours nor a source's; the entry has the last word."""
    labels = {key: value for key, value in kept.items() if key not in request.dropped_labels}
    return {**labels, **request.labels}


def _inherited(request: requested.SecretRequest, before: versions.Version | None) -> dict[str, str]:
    if before is None:
        return {}
    stays = bool(request.driver) and payload.same_driver(before.driver, request.driver)
    return secret_labels.inherited(before.secret.labels, for_driver=stays)


def _other_groups(secret: states.ObservedSecret) -> t.Container[str | None]:
    """Return the groups that a new version is no part of although it is made of the same read.

    With a driver there are such: served in place of stored, or by other labels.
    """
    drivers = {version.driver for version in secret.versions.managed}
    if not secret.request.driver and drivers <= {None}:
        return ()
    return {version.group for version in secret.versions.managed}


def _payload(secret: states.ObservedSecret) -> payload.Payload:
    if secret.request.driver:
        return payload.DriverBacked(secret.request.driver, _templating(secret.versions))
    if secret.source.unread:
        return payload.Unread()
    if secret.source.value is None:
        raise AssertionError(f"no value was read for {secret.name}")
    return payload.Stored(secret.source.value, _templating(secret.versions))


def _templating(logical: versions.LogicalSecret) -> swarm_model.RawSpec | None:
    """Return how the engine is to fill in placeholders of a new version: as in the one before.

    An original has the last word where that has nothing: there were releases that lost it.
    """
    found = [v.secret.templating for v in (logical.newest, logical.original) if v]
    return next(filter(None, found), None)


def _numbers_run_out(plans: t.Iterable[plan_model.SecretPlan]) -> t.Iterator[str]:
    """Tell of names that leave room for few numbers, with the first and with the last of them."""
    for plan in plans:
        new = plan.create
        if new is None:
            continue
        last = naming.last_number(plan.name)
        if last < _MANY_VERSIONS and (new.number == 1 or last - new.number < _FEW_VERSIONS):
            yield (
                f"{plan.name}: its name is so long that only {last} versions can be made, of which"
                f" {new.name} is number {new.number}: give the secret a shorter name before they run"
                f" out"
            )


def _cut_short(secrets: t.Iterable[states.ObservedSecret]) -> t.Iterator[str]:
    for secret in secrets:
        validity = secret.source.validity
        if validity is not None and validity.cut_short:
            yield (
                f"{secret.name}: its lease ends already at {times.format_time(validity.expires)}, with the"
                " token that read it: let the login give tokens that live longer (token_max_ttl,"
                " token_period); a vault_token is not renewed, so use one that lives longer, or a"
                " login"
            )


def _running_version(
    decision: Decision, current: versions.Version | None, source: states.SourceState
) -> int | None:
    if decision.action is plan_model.SecretAction.QUARANTINED:
        return current.source_version if current else None
    return source.version


def _failed_labels(version: versions.Version, services: str) -> dict[str, str]:
    changed = dict(version.secret.labels)
    for service in services.split(", "):
        changed = secret_labels.with_failure(changed, service)
    return changed


def _recorded_labels(
    request: requested.SecretRequest, version: versions.Version, source: states.SourceState
) -> dict[str, str]:
    kept = secret_labels.without_source(version.secret.labels)
    made_with = version.secret.labels.get(secret_labels.GROUP)
    if made_with and secret_labels.same_source(version.secret.labels, request.source):
        kept[secret_labels.GROUP] = made_with
    if source.renewal is not None and source.validity is None:  # not read: its term goes on
        kept.update(validity_labels.validity_labels(version.validity))
    return {**_given_labels(request, kept), **_source_labels(request, source)}


def _followed_labels(
    labels: t.Mapping[str, str], request: requested.SecretRequest, source: states.SourceState
) -> dict[str, str]:
    """Return a version's labels once it is known to hold what the source holds now."""
    made_with = {key: labels[key] for key in (secret_labels.GROUP,) if key in labels}
    kept = secret_labels.without_source(labels)
    return {**kept, **made_with, **_source_labels(request, source)}


def _source_labels(request: requested.SecretRequest, source: states.SourceState) -> dict[str, str]:
    if request.driver and request.source is not None and source.version is not None:
        found = secret_labels.pinned_labels(request.source, source.version)
    else:
        found = secret_labels.source_labels(request.source)
    if source.version is not None:
        found[secret_labels.SOURCE_VERSION] = str(source.version)
        if source.created_time:
            found[secret_labels.SOURCE_TIME] = source.created_time
    if request.renew_before:
        found[secret_labels.RENEW_BEFORE] = request.renew_before
    return {**found, **validity_labels.validity_labels(source.validity)}
