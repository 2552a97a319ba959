# SPDX-License-Identifier: GPL-3.0-or-later
"""Which leases can be ended: never one that a service may still live by."""

from __future__ import annotations

import dataclasses
import typing as t
from datetime import timedelta

from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.leases import (
    planned_leases,
    spent_leases,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    RenewalAction,
    RenewalDecision,
    SourceState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.validity import Validity

from tests.unit.plugins.module_utils._rotation.builders import NOW, holds, plan, service, swarm
from tests.unit.plugins.module_utils._rotation.observe.test_renewal import ASKED, HOUR, leased

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
        Service,
        SwarmSecret,
    )

BOTH_AT_TWO = {"user": "id-of-user_v2", "password": "id-of-password_v2"}


def spent(
    *things: SwarmSecret | Service,
    current: t.Mapping[str, str | None] | None = None,
    used: t.Container[str] = (),
    later: timedelta = timedelta(),
) -> dict[str, list[str]]:
    """Return the Swarm names by lease."""
    found = spent_leases(swarm(*things), current or BOTH_AT_TWO, used, NOW + later)
    return {lease: [item.secret.name for item in versions] for lease, versions in found.items()}


def pair(number: int, lease: str, **more: t.Any) -> list[SwarmSecret]:
    """Return user and password of one lease."""
    return [leased("user", number, lease, **more), leased("password", number, lease, **more)]


def test_the_lease_of_what_was_replaced_is_spent_and_the_current_one_is_not() -> None:
    assert spent(*pair(1, "L1"), *pair(2, "L2")) == {"L1": ["user_v1", "password_v1"]}


def test_one_service_that_refers_to_one_of_the_set_keeps_the_lease() -> None:
    assert spent(*pair(1, "L1"), *pair(2, "L2"), used={"id-of-password_v1"}) == {}


def test_a_secret_the_run_is_not_about_keeps_the_lease() -> None:
    assert spent(*pair(1, "L1"), *pair(2, "L2"), current={"user": "id-of-user_v2"}) == {}


def test_a_lease_that_ended_or_was_revoked_needs_no_end() -> None:
    gone = {secret_labels.LEASE_REVOKED: "2026-01-02T00:00:00Z"}
    assert spent(*pair(1, "L1", more=gone), *pair(2, "L2")) == {}
    assert spent(*pair(1, "L1", left=HOUR), *pair(2, "L2"), later=HOUR) == {}


def test_where_nothing_is_to_run_all_leases_are_spent() -> None:
    nothing = dict.fromkeys(BOTH_AT_TWO)
    assert spent(*pair(1, "L1"), *pair(2, "L2"), current=nothing).keys() == {"L1", "L2"}


def planned(*things: SwarmSecret | Service, **sources: SourceState) -> set[str]:
    """Return the leases that can be ended when the planned consumers have converged."""
    state = swarm(*things)
    made = plan(state, sources, ASKED)
    return set(planned_leases(made, state, NOW))


def test_a_plan_counts_on_its_updates_and_on_nothing_else() -> None:
    due, term = RenewalDecision(RenewalAction.DUE, "old"), Validity(NOW, NOW + HOUR, "L2")
    new = dataclasses.replace(holds(value="new"), renewal=due, validity=term)
    both = service("web", "user_v1", "password_v1")
    assert planned(*pair(1, "L1"), both, user=new, password=new) == {"L1"}

    paused = service("worker", "user_v1", "password_v1", state="paused")
    assert planned(*pair(1, "L1"), both, paused, user=new, password=new) == set()


def test_a_source_that_cannot_be_read_ends_no_lease() -> None:
    lost = SourceState(error=OSError("gone"))
    assert planned(*pair(1, "L1"), *pair(2, "L2"), user=lost, password=lost) == set()


def test_a_leftover_of_a_killed_run_is_found_when_nothing_else_changes() -> None:
    fresh = SourceState(renewal=RenewalDecision(RenewalAction.FRESH, "good for a while"))
    web = service("web", "user_v2", "password_v2")
    found = planned(*pair(1, "L1"), *pair(2, "L2"), web, user=fresh, password=fresh)
    assert found == {"L1"}
