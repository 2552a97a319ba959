# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for ``state: rolled_back``: one version back, and no further however often."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import Plan
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.rolled_back import (
    plan_rolled_back,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
    Service,
    SwarmSecret,
)

from tests.unit.plugins.module_utils._rotation.builders import (
    actions,
    moves,
    observation,
    options,
    request,
    secret,
    service,
    swarm,
    version,
)

V1, V2 = version("db", 1), version("db", 2)
V2_BACK = version("db", 2, status="quarantined")


def back(*things: SwarmSecret | Service, names: tuple[str, ...] = ("db",), **more: object) -> Plan:
    asked = [request(name, source=None) for name in names]
    return plan_rolled_back(
        observation(swarm(*things), requests=asked), options(state="rolled_back", **more)
    )


def test_consumers_go_back_and_the_newer_version_is_quarantined() -> None:
    made = back(V1, V2, service("web", "db_v2", previous=["db_v1"]), service("api", "db_v1"))
    (planned,) = made.secrets
    assert (planned.action, planned.current_name, planned.source_version) == (
        "rolled_back",
        "db_v1",
        1,
    )
    (relabel,) = planned.relabels
    assert relabel.secret.name == "db_v2"
    assert relabel.labels == {**V2.labels, secret_labels.STATUS: "quarantined"}
    assert moves(made) == {"web": {"db_v2": "db_v1"}}
    assert made.retire == ()


def test_a_second_run_goes_no_further_back() -> None:
    bad = version("db", 3, status="quarantined")
    made = back(V1, V2, bad, service("web", "db_v2", previous=["db_v3"], state="completed"))
    assert made.secrets[0].action == "unchanged"
    assert made.consumers == ()
    assert not made.changes


V3_FAILED = version("db", 3, status="quarantined", failed_on="web")


@pytest.mark.case("R8")
def test_after_a_version_failed_by_itself_consumers_go_back_from_the_one_before() -> None:
    made = back(V1, V2, V3_FAILED, service("web", "db_v2"))
    assert moves(made) == {"web": {"db_v2": "db_v1"}}
    assert {item.secret.name: dict(item.labels) for item in made.secrets[0].relabels} == {
        "db_v2": secret_labels.rolled_back(V2.labels),
        "db_v3": secret_labels.rolled_back(V3_FAILED.labels),
    }
    # Oldest first: a run that was killed after the first goes on from there.
    assert [item.secret.name for item in made.secrets[0].relabels] == ["db_v2", "db_v3"]
    killed = back(V1, V2_BACK, V3_FAILED, service("web", "db_v2"))
    assert moves(killed) == {"web": {"db_v2": "db_v1"}}


@pytest.mark.case("R8")
def test_after_a_way_back_from_the_one_before_a_second_run_goes_no_further() -> None:
    both = V2_BACK, version("db", 3, status="quarantined")
    made = back(V1, *both, service("web", "db_v1", previous=["db_v2"]))
    assert not made.changes
    # Nor does it once the older of them was retired.
    made = back(V1, V2, both[1], service("web", "db_v2"))
    assert not made.changes


@pytest.mark.case("R8")
def test_a_consumer_that_still_runs_what_failed_goes_back_one_version_only() -> None:
    made = back(V1, V2, V3_FAILED, service("web", "db_v3"), service("api", "db_v2"))
    assert moves(made) == {"web": {"db_v3": "db_v2"}}
    (relabel,) = made.secrets[0].relabels
    assert relabel.labels == secret_labels.rolled_back(V3_FAILED.labels)
    again = version("db", 3, status="quarantined")
    assert not back(V1, V2, again, service("web", "db_v2"), service("api", "db_v2")).changes


def test_a_first_version_that_failed_leaves_the_original_as_it_is() -> None:
    bad = version("db", 1, status="quarantined", failed_on="web")
    made = back(secret("db"), bad, service("web", "db"))
    assert (made.secrets[0].action, made.changes) == ("unchanged", False)


def test_a_run_after_a_killed_one_moves_the_consumers_that_are_left() -> None:
    made = back(V1, V2_BACK, service("web", "db_v2"), service("api", "db_v1"))
    assert moves(made) == {"web": {"db_v2": "db_v1"}}
    assert made.secrets[0].relabels == ()


def test_an_adopted_secret_goes_back_to_the_original() -> None:
    made = back(secret("db"), V1, service("web", "db_v1", previous=["db"]))
    assert moves(made) == {"web": {"db_v1": "db"}}


@pytest.mark.parametrize("status", ["quarantined", "pending"])
def test_versions_that_never_converged_are_passed_over(status: str) -> None:
    made = back(V1, version("db", 2, status=status), version("db", 3), service("web", "db_v3"))
    assert moves(made) == {"web": {"db_v3": "db_v1"}}


def test_a_pending_version_is_left_for_the_last_that_converged() -> None:
    made = back(V1, version("db", 2, status="pending"), service("web", "db_v2"))
    assert moves(made) == {"web": {"db_v2": "db_v1"}}


@pytest.mark.parametrize("state", ["paused", "rollback_paused", "updating"])
def test_a_consumer_that_the_newer_version_stopped_is_moved_at_once(state: str) -> None:
    made = back(V1, V2, service("web", "db_v2", previous=["db_v1"], state=state))
    assert actions(made) == {"web": "update"}
    assert made.consumers[0].escapes


def test_a_consumer_that_something_else_made_pause_is_held() -> None:
    made = back(V1, V2, service("web", "db_v2", previous=["db_v2"], state="paused"))
    assert actions(made) == {"web": "hold"}


def test_a_job_is_not_run_again() -> None:
    assert actions(back(V1, V2, service("job", "db_v2", mode="ReplicatedJob"))) == {"job": "skip"}


def test_one_service_goes_back_with_all_its_secrets_at_once() -> None:
    things = [version(name, number) for name in ("db", "api") for number in (1, 2)]
    made = back(*things, service("web", "db_v2", "api_v2"), names=("db", "api"))
    assert moves(made) == {"web": {"db_v2": "db_v1", "api_v2": "api_v1"}}


def test_all_secrets_that_cannot_go_back_are_named() -> None:
    with pytest.raises(InputError) as caught:
        back(V1, version("x", 1), version("x", 2), names=("db", "x", "none"))
    assert "db: db_v1 is the only version" in str(caught.value)
    assert "none: there is no version of it" in str(caught.value)
    assert "x:" not in str(caught.value)


def test_secrets_with_alike_names_stay_where_they_are() -> None:
    alike = ["db", "db_v", "db_vault_token", "db_v1"]
    things = [version(name, number) for name in alike for number in (1, 2)]
    made = back(*things, service("web", *(f"{name}_v2" for name in alike)))
    assert moves(made) == {"web": {"db_v2": "db_v1"}}


@pytest.mark.parametrize(("force", "action"), [(False, "skip"), (True, "update")])
def test_a_consumer_goes_back_to_a_version_that_failed_on_it_only_when_forced(
    force: bool,
    action: str,
) -> None:
    state = [version("db", 1, failed_on="web"), V2, service("web", "db_v2")]
    assert actions(back(*state, force=force)) == {"web": action}
