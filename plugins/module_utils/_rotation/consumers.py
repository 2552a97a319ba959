# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which consumers a run moves, and which it leaves alone: pure."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from . import labels as lb
from .decision import CREATING, QUARANTINED
from .plan import HOLD, SKIP, UPDATE, WATCH, Attach, ConsumerPlan, Swap

if t.TYPE_CHECKING:
    from .._swarm.model import Service
    from .observation import SwarmState
    from .plan import SecretPlan
    from .request import SecretRequest
    from .versions import Version

RUNNING_STATES = ("updating", "rollback_started")
PAUSED_STATES = ("paused", "rollback_paused")


def wave_of(service: Service) -> int:
    """Return the wave of a service; what is not an integer counts as the default, 0."""
    try:
        return int(service.labels.get(lb.WAVE, "0"))
    except ValueError:
        return 0


def plan_consumers(
    state: SwarmState,
    plans: t.Mapping[str, SecretPlan],
    requests: t.Sequence[SecretRequest] = (),
    *,
    force: bool = False,
    rolls_back: bool = True,
) -> tuple[ConsumerPlan, ...]:
    """Plan every service that refers to a version of a planned secret, or is to get one.

    :param rolls_back: a consumer that a quarantined version made pause goes back.
    """
    planner = _Planner(state, plans, tuple(requests), force, rolls_back)
    planned = [planner.plan(service) for service in state.services]
    found = [consumer for consumer in planned if consumer is not None]
    return tuple(sorted(found, key=lambda item: (item.wave, item.service.name)))


@dataclass(frozen=True)
class _Planner:
    state: SwarmState
    plans: t.Mapping[str, SecretPlan]
    requests: tuple[SecretRequest, ...]
    force: bool
    rolls_back: bool

    def plan(self, service: Service) -> ConsumerPlan | None:
        swaps: list[Swap] = []
        reasons: list[str] = []
        watched: list[str] = []
        escapes = False
        for reference, version in self.state.versions_in(service.references):
            plan = self._active(version.logical)
            if plan is None:
                continue
            if reference.secret_name == plan.current_name:
                if version.is_pending:
                    watched.append(version.logical)
            elif self._stays(service, version, plan):
                if service.update_state in RUNNING_STATES:
                    watched.append(version.logical)
            else:
                swaps.append(Swap(version.logical, reference))
                reasons.append(_swap_reason(version, plan))
                escapes = escapes or _rejected(version, plan)
        attaches = self._attaches(service)
        reasons += [f"{item.logical} is attached" for item in attaches]
        if not (swaps or attaches or watched):
            return None
        refused = () if self.force else self._refused(service, (*swaps, *attaches))
        consumer = ConsumerPlan(
            service=service,
            action=SKIP,
            wave=wave_of(service),
            reason="",
            swaps=tuple(swap for swap in swaps if swap.logical not in refused),
            attaches=tuple(item for item in attaches if item.logical not in refused),
            watched=tuple(dict.fromkeys(watched)),
            refused=refused,
            escapes=escapes,
        )
        action, reason = self._action(consumer, "; ".join(reasons))
        return dataclasses.replace(consumer, action=action, reason=reason)

    def _active(self, name: str) -> SecretPlan | None:
        """Return a secret's plan if there is a version to move consumers to."""
        plan = self.plans.get(name)
        return None if plan is None or plan.frozen or plan.current_name is None else plan

    def _stays(self, service: Service, version: Version, plan: SecretPlan) -> bool:
        """Tell whether a consumer stays at a version that another consumer rejected.

        One that runs it well needs no restart; one that it made pause goes back.
        """
        paused = service.update_state in PAUSED_STATES
        return (
            plan.action == QUARANTINED
            and _rejected(version, plan)
            and not (self.rolls_back and paused)
        )

    def _attaches(self, service: Service) -> list[Attach]:
        referred = {version.logical for _, version in self.state.versions_in(service.references)}
        return [
            Attach(request.name, attachment)
            for request in self.requests
            for attachment in request.attachments
            if attachment.service == service.name
            and request.name not in referred
            and self._active(request.name) is not None
        ]

    def _refused(self, service: Service, moves: t.Iterable[Swap | Attach]) -> tuple[str, ...]:
        """Return the secrets whose current version, good elsewhere, failed on this consumer."""
        names = dict.fromkeys(move.logical for move in moves)
        current = {name: self.plans[name].current for name in names}
        return tuple(
            name
            for name, version in current.items()
            if version is not None and service.name in lb.failed_on(version.secret.labels)
        )

    def _action(self, consumer: ConsumerPlan, reasons: str) -> tuple[str, str]:
        service = consumer.service
        if service.is_job:
            return SKIP, f"a {service.mode} is not updated, since an update would run it again"
        if not consumer.changed_secrets:
            if consumer.watched:
                return WATCH, "an earlier run did not see it converge"
            names = ", ".join(str(self.plans[name].current_name) for name in consumer.refused)
            return SKIP, f"{names} failed on it before; force tries again"
        may_disturb = consumer.escapes or self.force
        if service.update_state in PAUSED_STATES and not may_disturb:
            # Going on would roll the spec that made it pause out to tasks that still run well.
            return HOLD, (
                f"its last update is {service.update_state} ({service.update_message}): "
                f"repair it or roll it back, or use force"
            )
        return UPDATE, reasons


def _rejected(version: Version, plan: SecretPlan) -> bool:
    """Tell whether a consumer that runs this version may be in trouble because of it."""
    relabelled = any(
        item.secret.id == version.secret.id and item.labels.get(lb.STATUS) == lb.QUARANTINED
        for item in plan.relabels
    )
    return version.is_quarantined or version.is_pending or relabelled


def _swap_reason(version: Version, plan: SecretPlan) -> str:
    old, new = version.secret.name, plan.current_name
    if version.is_original:
        return f"adopted from {old}"
    if plan.action in CREATING or plan.current_number < version.number:
        return f"{old} is replaced by {new}"
    if plan.promote:
        return f"still refers to {old}, an earlier run did not finish moving it to {new}"
    return f"drift: refers to {old}, but {new} is current"
