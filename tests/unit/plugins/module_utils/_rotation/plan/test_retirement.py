# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions may go, and that nothing goes that a service runs or may roll back to."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.retirement import (
    superseded,
)

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import (
        Plan,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Service

from tests.unit.plugins.module_utils._rotation.builders import (
    holds,
    names,
    plan,
    secret,
    secret_id,
    service,
    swarm,
    version,
)


def gone(current: int, keep: int, used: tuple[str, ...] = (), **statuses: str) -> list[int]:
    """Return the numbers that go of versions 1 to 5 with some statuses, v2="pending"."""
    state = swarm(
        secret("db"),
        *[
            version("db", number, status=statuses.get(f"v{number}", "active"))
            for number in range(1, 6)
        ],
    )
    used_ids = {secret_id(name) for name in used}
    return [item.number for item in superseded(state.secret("db"), current, keep, used_ids)]


@pytest.mark.parametrize(
    ("current", "keep", "expected"),
    [(5, 1, [1, 2, 3, 4]), (5, 2, [1, 2, 3]), (5, 4, [1]), (5, 5, []), (5, 99, []), (1, 1, [])],
)
def test_the_newest_stay_the_current_one_included(
    current: int, keep: int, expected: list[int]
) -> None:
    assert gone(current, keep) == expected


@pytest.mark.case("V19")
def test_of_rejected_versions_the_newest_stays_as_a_record() -> None:
    assert gone(3, 1, v4="quarantined", v5="quarantined") == [1, 2, 4]
    assert gone(3, 1, v4="quarantined") == [1, 2]
    assert gone(1, 1, **{f"v{number}": "quarantined" for number in (2, 3, 4, 5)}) == [2, 3, 4]


@pytest.mark.case("V19")
def test_a_rejected_version_that_a_service_runs_or_may_roll_back_to_stays() -> None:
    assert gone(3, 1, ("db_v4",), v4="quarantined", v5="quarantined") == [1, 2]


@pytest.mark.case("V19")
def test_one_rejected_version_after_another_goes_although_none_was_good_since() -> None:
    rejected = [version("db", number, status="quarantined") for number in (2, 3)]
    state = swarm(version("db", 1), *rejected, service("web", "db_v1", previous=["db_v3"]))

    assert names(plan(state, holds(3)).retire) == ["db_v2"]
    # An update makes db_v1 the spec before, so that nothing needs db_v3 any more.
    assert names(plan(state, holds(4, "newer")).retire) == ["db_v2", "db_v3"]


@pytest.mark.case("V19")
def test_so_it_is_while_services_run_what_somebody_else_made() -> None:
    rejected = [version("db", number, status="quarantined") for number in (1, 2)]
    state = swarm(secret("db"), *rejected, service("web", "db"))

    assert names(plan(state, holds(2)).retire) == ["db_v1"]


@pytest.mark.parametrize("status", ["quarantined", "pending"])
def test_earlier_versions_that_never_converged_go_and_do_not_count(status: str) -> None:
    assert gone(5, 2, v4=status) == [1, 2, 4]
    assert gone(5, 3, v4=status, v2=status) == [2, 4]


def test_what_is_used_stays_and_does_not_count() -> None:
    assert gone(5, 2, ("db_v1", "db_v2"), v2="quarantined") == [3]


def test_the_original_never_goes() -> None:
    assert 0 not in gone(5, 1)


def three(*services: object) -> object:
    versions = [version("db", number) for number in (1, 2, 3)]
    return swarm(*versions, *services)


def test_versions_beyond_those_to_keep_go_also_when_nothing_else_changed() -> None:
    made = plan(three(service("web", "db_v3")), holds(3))
    assert names(made.retire) == ["db_v1"]
    assert made.changes


@pytest.mark.parametrize(
    "consumer",
    [
        service("job", "db_v1", mode="ReplicatedJob"),
        service("web", "db_v3", previous=["db_v1"]),
        service("web", previous=["db_v1"]),
    ],
    ids=["a job runs it", "a rollback needs it", "a rollback of a former consumer needs it"],
)
def test_a_version_that_a_service_needs_is_not_planned_to_go(consumer: object) -> None:
    assert plan(three(consumer), holds(3)).retire == ()


def test_an_update_frees_what_the_spec_before_needed_and_takes_what_it_leaves() -> None:
    web = service("web", "db_v2", previous=["db_v1"])
    made = plan(three(web), holds(4, "x"), keep_versions=1)
    assert names(made.retire) == ["db_v1", "db_v3"]


def pending(*services: Service, **more: t.Any) -> Plan:
    state = swarm(version("db", 1), version("db", 2, status="pending"), *services)
    return plan(state, holds(2), **more)


@pytest.mark.case("R7")
def test_what_a_consumer_keeps_from_being_confirmed_is_no_change() -> None:
    held = service("web", "db_v1", previous=["db_v1"], state="paused")
    made = pending(held)
    assert [item.action for item in made.consumers] == ["hold"]
    assert not made.changes
    assert pending(service("web", "db_v1")).changes


@pytest.mark.case("R7")
def test_what_nobody_waits_for_is_not_confirmed_and_so_no_change() -> None:
    web = service("web", "db_v2", previous=["db_v1"], state="updating")
    assert not pending(web, wait=False).changes
    assert pending(web).changes
    # Where there is nobody to wait for, it is.
    assert pending(wait=False).changes


@pytest.mark.case("R7")
def test_without_waiting_nothing_is_retired_after_an_update() -> None:
    things = [version("db", number) for number in (1, 2)]
    state = swarm(*things, service("web", "db_v2"))
    assert names(plan(state, holds(3, "x"), keep_versions=1).retire) == ["db_v1"]
    assert names(plan(state, holds(3, "x"), keep_versions=1, wait=False).retire) == []
