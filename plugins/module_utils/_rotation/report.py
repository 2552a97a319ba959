# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run did, or in check mode would do: the module's return values. Never a value."""

from __future__ import annotations

import typing as t
from collections import Counter

from .._common import times
from . import labels as secret_labels
from . import renewal_margin, validity_labels
from .apply import outcome
from .plan import model

if t.TYPE_CHECKING:
    from .apply import result

_UNFINISHED = "Not everything could be rotated; what is not named here is done"
PLANNED = "planned"
UPDATED = "updated"
UNCHANGED = "unchanged"
SKIPPED = "skipped"

#: States of a consumer that was not updated because it needed no update.
_LEFT_ALONE = (
    outcome.ServiceState.CONVERGED,
    outcome.ServiceState.DEGRADED,
    outcome.ServiceState.LATE,
    outcome.ServiceState.UPDATING,
    outcome.ServiceState.GONE,
)


class SecretReport(t.NamedTuple):
    """What became of one logical secret; ``current`` and ``previous`` are Swarm names.

    :param expires: when the value ends (RFC 3339), where it does.
    :param renews: from when on a run renews it, where it does.
    :param offered_version: the version that its source has now.
    """

    name: str
    action: str
    current: str | None
    previous: str | None
    source_version: int | None
    reason: str
    expires: str | None = None
    renews: str | None = None
    offered_version: int | None = None


class ServiceReport(t.NamedTuple):
    """What became of one consumer; ``duration`` in seconds."""

    name: str
    action: str
    state: str
    duration: float
    secrets: tuple[str, ...]
    reason: str


class Unconfirmed(t.NamedTuple):
    """A version that services were moved to, or are to be, and that a later run is to confirm."""

    name: str
    from_version: str


class Report(t.NamedTuple):
    """What a run did."""

    changed: bool
    secrets: tuple[SecretReport, ...]
    services: tuple[ServiceReport, ...]
    retired: tuple[str, ...]
    revoked: tuple[str, ...] = ()
    waves: tuple[int, ...] = ()
    waves_left: tuple[int, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
    warnings: tuple[str, ...] = ()
    failed: bool = False
    message: str = ""
    before: str = ""
    after: str = ""

    def as_dict(self) -> dict[str, t.Any]:
        """Return the module's return values."""
        return {
            "changed": self.changed,
            "secrets": [item._asdict() for item in self.secrets],
            "services": [
                {**item._asdict(), "secrets": list(item.secrets)} for item in self.services
            ],
            "retired": list(self.retired),
            "revoked": list(self.revoked),
            "waves": list(self.waves),
            "waves_left": list(self.waves_left),
            "unconfirmed": [item._asdict() for item in self.unconfirmed],
        }

    def diff(self) -> dict[str, str]:
        """Return Ansible's diff: names and versions."""
        return {"before": self.before, "after": self.after}


def report_plan(plan: model.Plan) -> Report:
    """Report a plan that was not carried out, in check mode or because it has no steps."""
    services = []
    for consumer in plan.consumers:
        action, state = UPDATED, PLANNED
        if consumer.action == model.HOLD:
            action, state = SKIPPED, outcome.ServiceState.HELD.value
        elif consumer.action == model.SKIP:
            action, state = SKIPPED, outcome.ServiceState.SKIPPED.value
        elif consumer.action == model.LATER:
            action, state = SKIPPED, outcome.ServiceState.WAITING.value
        elif consumer.action != model.UPDATE:
            action = UNCHANGED
        services.append(
            ServiceReport(
                consumer.service.name, action, state, 0.0, consumer.secrets, consumer.reason
            )
        )
    before, after = _diff(plan, [version.secret.name for version in plan.retire])
    planned = len([item for item in services if item.state == PLANNED])
    problems = _failed_secrets(plan)
    prefix = "Not everything can be rotated" if plan.changes else "Nothing was changed"
    return Report(
        message=_message(prefix, problems)
        or _summary(plan, planned, "to be" if plan.changes else ""),
        failed=bool(problems),
        changed=plan.changes,
        secrets=tuple(_planned(secret) for secret in plan.secrets),
        services=tuple(services),
        retired=tuple(version.secret.name for version in plan.retire),
        revoked=plan.revoke,
        waves=plan.waves,
        waves_left=plan.waves_left,
        unconfirmed=_unconfirmed(plan),
        warnings=(*plan.warnings, *_quarantine_warnings(plan)),
        before=before,
        after=after,
    )


def report_applied(plan: model.Plan, done: result.ApplyResult) -> Report:
    """Report a plan that was carried out."""
    secrets = tuple(_carried_out(secret, done) for secret in plan.secrets)
    services = tuple(_service(item) for item in done.outcomes)
    before, after = _diff(plan, done.retired)
    problems = [f"{item.service} ({item.state}): {item.reason}" for item in _failures(done)]
    told = {name for item in _failures(done) for name in item.secrets}
    problems += [f"{name}: {why}" for name, why in done.failed_secrets.items() if name not in told]
    problems += _failed_secrets(plan)
    prefix = _UNFINISHED if done.changed or done.outcomes else "Nothing was changed"
    return Report(
        changed=done.changed,
        secrets=secrets,
        services=services,
        retired=tuple(done.retired),
        revoked=tuple(sorted(done.revoked)),
        waves=plan.waves,
        waves_left=plan.waves_left,
        unconfirmed=_unconfirmed(plan),
        warnings=(*plan.warnings, *_quarantine_warnings(plan), *_degraded(done), *done.warnings),
        failed=bool(problems),
        message=_message(prefix, problems)
        or _summary(plan, len([s for s in services if s.action == UPDATED])),
        before=before,
        after=after,
    )


def _message(prefix: str, problems: t.Sequence[str]) -> str:
    return f"{prefix}. {'; '.join(problems)}" if problems else ""


def _failed_secrets(plan: model.Plan) -> list[str]:
    """Tell of secrets that have a problem of their own; of those that have the same one, once."""
    by_reason: dict[str, list[str]] = {}
    for secret in plan.secrets:
        if secret.action is model.SecretAction.FAILED:
            by_reason.setdefault(secret.reason, []).append(secret.name)
    return [f"{', '.join(names)}: {reason}" for reason, names in by_reason.items()]


def _unconfirmed(plan: model.Plan) -> tuple[Unconfirmed, ...]:
    """Return what a run leaves open for somebody to judge, as far as there is a way back from it."""
    by_name = plan.by_name
    return tuple(
        Unconfirmed(secret.name, secret.current_name)
        for secret in plan.secrets
        if secret.name in plan.unfinished
        and (secret.create is not None or secret.promote)
        and secret.current_name is not None
        and all(by_name[name].previous is not None for name in secret.group or (secret.name,))
    )


def _summary(plan: model.Plan, updated: int, tense: str = "") -> str:
    """Count the actions: "1 rotated, 3 unchanged; 2 services updated"."""
    counted = Counter(secret.action.value for secret in plan.secrets)
    secrets = ", ".join(f"{number} {action}" for action, number in sorted(counted.items()))
    verb = f"{tense} updated".strip()
    services = f"{updated} service{'' if updated == 1 else 's'} {verb}"
    later = ", ".join(map(str, plan.waves_left))
    left = f"; left to a later run: wave {later}" if later else ""
    return f"Secrets: {secrets or 'none'}; {services}{left}."


def _degraded(done: result.ApplyResult) -> list[str]:
    return [
        f"{item.service} is degraded: {item.reason}"
        for item in done.outcomes
        if item.state is outcome.ServiceState.DEGRADED
    ]


def _failures(done: result.ApplyResult) -> list[outcome.Outcome]:
    return [item for item in done.outcomes if item.state in outcome.FAILURES]


def _planned(secret: model.SecretPlan) -> SecretReport:
    expires, renews = _term(secret.labels)
    return SecretReport(
        name=secret.name,
        action=secret.action.value,
        current=secret.current_name,
        previous=secret.previous.secret.name if secret.previous else None,
        source_version=secret.source_version,
        reason=secret.reason,
        expires=expires,
        renews=renews,
        offered_version=secret.offered_version,
    )


def _term(labels: t.Mapping[str, str]) -> tuple[str | None, str | None]:
    """Read when a value ends, and from when on it is renewed."""
    validity = validity_labels.validity_in(labels)
    if validity is None:
        return labels.get(secret_labels.EXPIRES), None
    due = renewal_margin.due_at(validity, labels.get(secret_labels.RENEW_BEFORE))
    return labels[secret_labels.EXPIRES], times.format_time(due)


def _carried_out(secret: model.SecretPlan, done: result.ApplyResult) -> SecretReport:
    planned = _planned(secret)
    target = done.targets.get(secret.name)
    current = target.name if target else planned.current
    problem = done.failed_secrets.get(secret.name)
    if problem is None:
        return planned._replace(current=current)
    action = (
        model.SecretAction.QUARANTINED.value
        if target is not None
        else model.SecretAction.FAILED.value
    )
    if secret.action in model.CREATING or secret.promote:
        # The version that failed is not the current one: that is the one before it still.
        before = secret.previous
        expires, renews = _term(before.secret.labels if before else {})
        return SecretReport(
            planned.name,
            action,
            before.secret.name if before else None,
            None,
            before.source_version if before else None,
            f"{current}: {problem}" if target else problem,
            expires,
            renews,
            planned.offered_version,
        )
    return planned._replace(action=action, current=current, reason=problem)


def _service(item: outcome.Outcome) -> ServiceReport:
    not_updated = UNCHANGED if item.state in _LEFT_ALONE else SKIPPED
    action = UPDATED if item.updated else not_updated
    return ServiceReport(
        item.service, action, item.state.value, item.duration, item.secrets, item.reason
    )


def _quarantine_warnings(plan: model.Plan) -> list[str]:
    return [
        f"{secret.name}: {secret.reason}"
        for secret in plan.secrets
        if secret.action is model.SecretAction.QUARANTINED
    ] + [
        f"{consumer.service.name}: {consumer.reason}"
        for consumer in plan.consumers
        if consumer.refused or consumer.unclear
    ]


def _diff(plan: model.Plan, retired: t.Sequence[str]) -> tuple[str, str]:
    """Render names and versions before and after, one line each, in a stable order."""
    before, after = [], []
    for secret in plan.secrets:
        if secret.create is not None:
            driver = getattr(secret.create.payload, "driver", None)
            served = f" (driver {driver})" if driver else ""
            after.append(f"secret {secret.create.name}{served}")
        for relabel in secret.relabels:
            before.append(f"labels {relabel.secret.name}: {_shown(relabel.secret.labels)}")
            after.append(f"labels {relabel.secret.name}: {_shown(relabel.labels)}")
    before += [f"secret {name}" for name in retired]
    names = {secret.name: secret.current_name for secret in plan.secrets}
    for consumer in plan.consumers:
        if consumer.action == model.UPDATE:
            moves = _moves(names, consumer)
            before += [left for left, _second in moves if left]
            after += [taken for _first, taken in moves]
    return _text(before), _text(after)


def _moves(
    names: t.Mapping[str, str | None], consumer: model.ConsumerPlan
) -> list[tuple[str, str]]:
    service = consumer.service.name
    moves = [
        (
            f"service {service}: {swap.old.target} <- {swap.old.secret_name}",
            f"service {service}: {swap.old.target} <- {names[swap.logical]}",
        )
        for swap in consumer.swaps
    ]
    for attach in consumer.attaches:
        target = attach.attachment.target
        shown = target if target is not None else attach.logical
        moves.append(("", f"service {service}: {shown} <- {names[attach.logical]}"))
    return moves


def _shown(labels: t.Mapping[str, str]) -> str:
    return ", ".join(f"{key}={labels[key]}" for key in sorted(labels) if "fingerprint" not in key)


def _text(lines: t.Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
