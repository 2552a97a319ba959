# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which consumers a run moves, and which it leaves alone: pure."""

from __future__ import annotations

import typing as t

from .. import groups
from .. import labels as secret_labels
from ..observe.consumers import Consumer, to_be_tried_singly
from . import model as plan_model

if t.TYPE_CHECKING:
    from ..._swarm import model as swarm_model
    from .. import request as requested
    from .. import versions
    from ..observe import state as states

RUNNING_STATES = ("updating", "rollback_started")
PAUSED_STATES = ("paused", "rollback_paused")


def wave_of(service: swarm_model.Service) -> int:
    """Return the wave of a service; what is not an integer counts as the default, 0."""
    try:
        return int(service.labels.get(secret_labels.WAVE, "0"))
    except ValueError:
        return 0


def wave_warnings(consumers: t.Iterable[plan_model.ConsumerPlan]) -> t.Iterator[str]:
    """Name the services whose wave is not where, or not what, it was meant to be."""
    for service in (consumer.service for consumer in consumers):
        label = service.labels.get(secret_labels.WAVE)
        container = (service.raw_spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
        if label is not None and str(wave_of(service)) != label.strip().lstrip("+"):
            yield (
                f"{service.name}: its label {secret_labels.WAVE}={label!r} is not an integer, so "
                f"it is updated in wave 0"
            )
        elif label is None and secret_labels.WAVE in (container.get("Labels") or {}):
            yield (
                f"{service.name}: {secret_labels.WAVE} is a label of its containers, where it has "
                f"no effect, so it is updated in wave 0: make it a label of the service "
                f"(deploy.labels in a stack file)"
            )


def pause_text(service: swarm_model.Service) -> str:
    """Say why a paused service is not updated, and what to do."""
    return (
        f"its last update is {service.update_state} ({service.update_message}): "
        f"repair it or roll it back, or use force"
    )


def plan_consumers(
    state: states.SwarmState,
    plans: t.Mapping[str, plan_model.SecretPlan],
    requests: t.Sequence[requested.SecretRequest] = (),
    *,
    force: bool = False,
    on_failure: str = "rollback",
) -> tuple[plan_model.ConsumerPlan, ...]:
    """Plan every service that refers to a version of a planned secret, or is to get one.

    :param on_failure: what becomes of consumers that run a version which was rejected.
    """
    wanted: dict[str, list[plan_model.Attach]] = {}
    for request in requests:
        for attachment in request.attachments:
            wanted.setdefault(attachment.service, []).append(
                plan_model.Attach(request.name, attachment)
            )
    singly = to_be_tried_singly(plans, state)
    current = [plan.current for plan in plans.values() if plan.current is not None]
    planner = _Planner(
        state, plans, wanted, force, on_failure, singly, groups.converged_groups(current)
    )
    planned = [planner.plan(service) for service in state.services]
    found = [consumer for consumer in planned if consumer is not None]
    return tuple(sorted(found, key=lambda item: (item.wave, item.service.name)))


class _Planner(t.NamedTuple):
    state: states.SwarmState
    plans: t.Mapping[str, plan_model.SecretPlan]
    wanted: t.Mapping[str, t.Sequence[plan_model.Attach]]
    force: bool
    on_failure: str
    singly: frozenset[str]
    done: frozenset[str]

    def plan(self, service: swarm_model.Service) -> plan_model.ConsumerPlan | None:
        swaps: list[plan_model.Swap] = []
        reasons: dict[str, str] = {}
        watched: list[str] = []
        escapes = False
        unclear = {**self._beside_frozen(service), **self._unclear(service)}
        seen = Consumer.of(service, self.state)
        for reference, version in self.state.versions_in(service.references):
            plan = self._active(version.logical)
            if plan is None or version.logical in unclear or _may_keep(version, plan):
                continue
            if reference.secret_name == plan.current_name:
                pending = version.is_pending and version.group not in self.done
                unsure = pending or _arrives(service, version)
                if unsure and not seen.has_converged((version.secret.id,)):
                    watched.append(version.logical)
            elif self._stays(service, version, plan):
                if service.update_state in RUNNING_STATES:
                    watched.append(version.logical)
            else:
                swaps.append(plan_model.Swap(version.logical, reference))
                reasons.setdefault(version.logical, _swap_reason(version, plan))
                escapes = escapes or _escapes(service, version, plan)
        attaches = self._attaches(service)
        for item in attaches:
            reasons[item.logical] = f"{item.logical} is attached"
        reasons.update(unclear)
        if not (swaps or attaches or watched or unclear):
            return None
        refused = () if self.force else self._refused(service, (*swaps, *attaches))
        consumer = plan_model.ConsumerPlan(
            service=service,
            action=plan_model.SKIP,
            wave=wave_of(service),
            reason="",
            swaps=tuple(swap for swap in swaps if swap.logical not in refused),
            attaches=tuple(item for item in attaches if item.logical not in refused),
            watched=tuple(dict.fromkeys(watched)),
            refused=refused,
            unclear=tuple(unclear),
            escapes=escapes,
            singly=service.id in self.singly,
        )
        texts = [text for name, text in reasons.items() if name not in refused]
        if refused:
            texts.append(self._refusal(consumer))
        action, reason = self._action(consumer, seen, "; ".join(texts))
        return consumer._replace(action=action, reason=reason)

    def _unclear(self, service: swarm_model.Service) -> dict[str, str]:
        """Tell of which secrets a service has several versions, and why they stay so.

        It may need each of them, as it does the key before and the key now: all at one version
        would take that from it. No run of ours leaves a service at two.
        """
        found: dict[str, dict[str, None]] = {}
        for reference, version in self.state.versions_in(service.references):
            if self._active(version.logical) is not None:
                found.setdefault(version.logical, {})[reference.secret_name] = None
        return {
            name: f"left alone: it refers to {' and '.join(secrets)}, several versions of {name}"
            for name, secrets in found.items()
            if len(secrets) > 1
        }

    def _beside_frozen(self, service: swarm_model.Service) -> dict[str, str]:
        """Tell what a service keeps since what goes with it is left alone, and is elsewhere.

        Somebody took it back to older secrets: one of them alone would make a mixture.
        """
        held = dict.fromkeys(v.logical for _one, v in self._elsewhere(service))
        return {
            sibling: f"left alone: it goes with {name}, which is left as it is"
            for name in held
            if self.plans[name].frozen
            for sibling in self.plans[name].siblings
            if sibling in held and not self.plans[sibling].frozen
        }

    def _elsewhere(
        self, service: swarm_model.Service
    ) -> t.Iterator[tuple[swarm_model.Reference, versions.Version]]:
        """Yield what a service has of the planned secrets that is not their current version."""
        for reference, version in self.state.versions_in(service.references):
            plan = self.plans.get(version.logical)
            if plan is not None and plan.current_name not in (None, reference.secret_name):
                yield reference, version

    def _active(self, name: str) -> plan_model.SecretPlan | None:
        """Return a secret's plan if there is a version to move consumers to."""
        plan = self.plans.get(name)
        return None if plan is None or plan.frozen or plan.current_name is None else plan

    def _stays(
        self, service: swarm_model.Service, version: versions.Version, plan: plan_model.SecretPlan
    ) -> bool:
        """Tell whether a consumer stays at a version that another consumer rejected.

        One that runs it well needs no restart, unless all are to stay alike: a run that was
        killed may not have sent all of them back. One that it made pause goes back.
        """
        if plan.action is not plan_model.SecretAction.QUARANTINED or not _rejected(version, plan):
            return False
        if version.is_quarantined and not secret_labels.failed_on(version.secret.labels):
            return False  # rolled back on demand: nobody is to run it
        if self.on_failure == "rollback_all":
            return False
        paused = service.update_state in PAUSED_STATES and _came_last(service, version)
        return not (self.on_failure == "rollback" and paused)

    def _attaches(self, service: swarm_model.Service) -> list[plan_model.Attach]:
        referred = {
            version.logical for _first, version in self.state.versions_in(service.references)
        }
        return [
            item
            for item in self.wanted.get(service.name, ())
            if item.logical not in referred and self._active(item.logical) is not None
        ]

    def _refused(
        self, service: swarm_model.Service, moves: t.Iterable[plan_model.Swap | plan_model.Attach]
    ) -> tuple[str, ...]:
        """Return the secrets whose current version, good elsewhere, failed on this consumer.

        With something new beside it, what failed is another group, which may run well.
        """
        failed: dict[str, bool] = {}
        for name in (move.logical for move in moves):
            version = self.plans[name].current
            labels = version.secret.labels if version is not None else {}
            failed[name] = service.name in secret_labels.failed_on(labels)
        return tuple(
            name
            for name in failed
            if all(failed.get(sibling, True) for sibling in (name, *self.plans[name].siblings))
        )

    def _action(
        self, consumer: plan_model.ConsumerPlan, seen: Consumer, reasons: str
    ) -> tuple[plan_model.ServiceAction, str]:
        service = consumer.service
        if service.is_job:
            return (
                plan_model.SKIP,
                f"a {service.mode} is not updated, since an update would run it again",
            )
        if seen.is_one_shot:
            return (
                plan_model.SKIP,
                "a one-shot service is not updated, since an update would run it again",
            )
        if not consumer.changed_secrets:
            if consumer.watched:
                return plan_model.WATCH, "an earlier run did not see it converge"
            return plan_model.SKIP, reasons
        may_disturb = consumer.escapes or self.force
        if service.update_state in PAUSED_STATES and not may_disturb:
            # Going on would roll the spec that made it pause out to tasks that still run well.
            return plan_model.HOLD, pause_text(service)
        return plan_model.UPDATE, reasons

    def _refusal(self, consumer: plan_model.ConsumerPlan) -> str:
        names = ", ".join(str(self.plans[name].current_name) for name in consumer.refused)
        return f"{names} failed on it before; force tries again"


def _may_keep(version: versions.Version, plan: plan_model.SecretPlan) -> bool:
    """Tell whether a consumer of somebody else's secret is not to get another one of those."""
    current = plan.current
    return (
        version.is_original
        and current is not None
        and current.is_original
        and current.secret.id != version.secret.id
    )


def _rejected(version: versions.Version, plan: plan_model.SecretPlan) -> bool:
    """Tell whether a consumer that runs this version may be in trouble because of it."""
    rejected_now = version.secret.id in plan.rejected_ids
    return version.is_quarantined or version.is_pending or rejected_now


def _came_last(service: swarm_model.Service, version: versions.Version) -> bool:
    """Tell whether the service's last update brought it this version, as far as can be told.

    If the spec before refers to it too, that update was about something else.
    """
    return all(item.secret_id != version.secret.id for item in service.previous_references)


def _arrives(service: swarm_model.Service, version: versions.Version) -> bool:
    """Tell whether the update that brings a service this version is still under way.

    So it is when a run was killed that repaired drift or went back: no version is pending then.
    """
    if service.raw_previous_spec is None or not _came_last(service, version):
        return False
    if service.update_state is None:  # not begun yet, or there is no task to replace
        return service.replicas != 0
    return service.update_state in RUNNING_STATES


def _escapes(
    service: swarm_model.Service, version: versions.Version, plan: plan_model.SecretPlan
) -> bool:
    """Tell whether a move from this version is a way out of the service's present state."""
    failed_here = service.name in secret_labels.failed_on(version.secret.labels)
    return (failed_here or _rejected(version, plan)) and _came_last(service, version)


def _swap_reason(version: versions.Version, plan: plan_model.SecretPlan) -> str:
    old, new = version.secret.name, plan.current_name
    if version.is_original:
        return f"adopted from {old}"
    if plan.action in plan_model.CREATING or plan.current_number < version.number:
        return f"{old} is replaced by {new}"
    if plan.promote:
        return f"still refers to {old}, an earlier run did not finish moving it to {new}"
    return f"drift: refers to {old}, but {new} is current"
