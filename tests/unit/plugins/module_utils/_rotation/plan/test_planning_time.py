# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning grows with the number of secrets and services, not with their product."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.labels import QUARANTINED
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SourceState,
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.absent import (
    plan_absent,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.present import (
    plan_present,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.retirement import (
    used_after,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.rolled_back import (
    plan_rolled_back,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import report_plan
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Attachment,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.validation import (
    check_against,
)

from tests.unit.plugins.module_utils._rotation.builders import (
    holds,
    observation,
    options,
    request,
    service,
    swarm,
    version,
)

SMALL, LARGE = 50, 400


def requests_of(count: int, *, attach: bool = False) -> list[SecretRequest]:
    return [
        request(
            f"s{number}",
            attachments=(Attachment(f"svc{number // 5}", target=f"f{number}"),) if attach else (),
        )
        for number in range(count)
    ]


def state_of(count: int, *, status: str = "active", used: bool = True) -> SwarmState:
    """Return so many secrets, five for each service, the second version with a status."""
    secrets = [
        item
        for number in range(count)
        for item in (version(f"s{number}", 1), version(f"s{number}", 2, status=status))
    ]
    services = [
        service(
            f"svc{number}",
            *([f"s{number * 5 + index}_v1" for index in range(5)] if used else []),
            state="rollback_completed",
            started="2026-02-01T00:00:00Z",
        )
        for number in range(count // 5)
    ]
    return swarm(*secrets, *services)


def present(state: SwarmState, requests: list[SecretRequest], source: SourceState) -> None:
    check_against(requests, state)
    report_plan(plan_present(observation(state, source, requests), options()))


def unchanged(count: int) -> Callable[[], None]:
    state, asked = state_of(count), requests_of(count)
    return lambda: present(state, asked, holds(2))


def rotated(count: int) -> Callable[[], None]:
    state, asked = state_of(count), requests_of(count)
    return lambda: present(state, asked, holds(3, "x"))


def killed(count: int) -> Callable[[], None]:
    state, asked = state_of(count, status="pending"), requests_of(count)
    return lambda: present(state, asked, holds(2))


def quarantined(count: int) -> Callable[[], None]:
    state, asked = state_of(count, status=QUARANTINED), requests_of(count)
    return lambda: present(state, asked, holds(2))


def attached(count: int) -> Callable[[], None]:
    state, asked = state_of(count, used=False), requests_of(count, attach=True)
    return lambda: present(state, asked, holds(2))


def absent(count: int) -> Callable[[], None]:
    state, asked = state_of(count, used=False), requests_of(count)
    return lambda: _report(plan_absent(observation(state, requests=asked), options()))


def rolled_back(count: int) -> Callable[[], None]:
    state, asked = state_of(count), requests_of(count)
    return lambda: _report(plan_rolled_back(observation(state, requests=asked), options()))


def observed(count: int) -> Callable[[], None]:
    state = state_of(count)
    return lambda: _use(SwarmState.of(state.secrets, state.services))


def _report(plan: object) -> None:
    report_plan(plan)


def _use(state: SwarmState) -> None:
    used_after(state, ())


def work(action: Callable[[], None]) -> int:
    """Return the number of function calls, which other programs on the machine do not change."""
    profile = cProfile.Profile()
    profile.runcall(action)
    return int(pstats.Stats(profile).total_calls)


@pytest.mark.parametrize(
    "kind", [unchanged, rotated, killed, quarantined, attached, absent, rolled_back, observed]
)
def test_planning_grows_linearly(kind: Callable[[int], Callable[[], None]]) -> None:
    small, large = work(kind(SMALL)), work(kind(LARGE))
    assert large / small < 1.3 * LARGE / SMALL
