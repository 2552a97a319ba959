# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services a plan moves, watches, holds or leaves alone, and why."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import (
    ConsumerPlan,
    Plan,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import Attachment
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Service

from tests.unit.plugins.module_utils._rotation.builders import (
    actions,
    holds,
    moves,
    plan,
    reference,
    request,
    secret,
    service,
    swarm,
    version,
)

V1, V2 = version("db", 1), version("db", 2)
V2_PENDING = version("db", 2, status="pending")
V2_BAD = version("db", 2, status="quarantined", failed_on="api")


def rotating(*services: Service, **more: object) -> Plan:
    """Plan a new version 2 of a secret whose version 1 services run."""
    return plan(swarm(V1, *services), holds(2, "two"), **more)


def only(made: Plan) -> ConsumerPlan:
    (consumer,) = made.consumers
    return consumer


def test_a_service_has_one_entry_however_many_of_its_secrets_change() -> None:
    asked = [request(f"s{number}") for number in range(5)]
    things = [version(item.name, 1) for item in asked]
    references = [f"{item.name}_v1" for item in asked]
    made = plan(swarm(*things, service("web", *references)), holds(2, "x"), asked)
    assert only(made).changed_secrets == tuple(item.name for item in asked)
    assert only(made).action == "update"


def test_a_service_that_refers_to_one_secret_twice_moves_both_references() -> None:
    web = service("web", reference("db_v1", "a"), reference("db_v1", "b"))
    made = rotating(web)
    assert [swap.old.target for swap in only(made).swaps] == ["a", "b"]
    assert only(made).changed_secrets == ("db",)


@pytest.mark.case("S9")
def test_a_service_that_refers_to_two_versions_keeps_both_and_is_told_of() -> None:
    web = service("web", reference("db_v1", "a"), reference("db_v2", "b"))
    made = plan(swarm(V1, V2, web), holds(3, "three"))
    assert moves(made) == {}
    assert "several versions of db" in only(made).reason


@pytest.mark.case("S9")
def test_a_service_with_one_version_in_two_files_moves_both() -> None:
    web = service("web", reference("db_v2", "a"), reference("db_v2", "b"))
    made = plan(swarm(V1, V2, web), holds(3, "three"))
    assert moves(made) == {"web": {"db_v2": "db_v3"}}


@pytest.mark.parametrize("mode", ["ReplicatedJob", "GlobalJob"])
def test_a_job_is_reported_and_never_updated(mode: str) -> None:
    for force in (False, True):
        made = rotating(service("job", "db_v1", mode=mode), force=force)
        assert actions(made) == {"job": "skip"}
        assert "would run it again" in only(made).reason


@pytest.mark.parametrize(
    "consumer",
    [
        service("web", "db_v1", mode="Global"),
        service("web", "db_v1", replicas=0),
        service("web", "db_v1", state="completed"),
        service("web", "db_v1", state="updating"),
        service("web", "db_v1", state="rollback_completed"),
    ],
)
def test_services_are_updated_in_every_mode_and_settled_state(consumer: Service) -> None:
    assert actions(rotating(consumer)) == {"web": "update"}


@pytest.mark.parametrize("state", ["paused", "rollback_paused"])
def test_a_service_that_somebody_left_paused_is_held_and_says_how_to_go_on(state: str) -> None:
    made = rotating(service("web", "db_v1", previous=["db_v1"], state=state))
    assert actions(made) == {"web": "hold"}
    assert only(made).reason == (
        f"its last update is {state} (it is {state}): repair it or roll it back, or use force"
    )
    assert actions(rotating(service("web", "db_v1", state=state), force=True)) == {"web": "update"}


def test_nothing_is_retired_while_a_consumer_is_held() -> None:
    things = [version("db", number) for number in (1, 2, 3, 4)]
    state = swarm(*things, service("web", "db_v4", state="paused", previous=["db_v4"]))
    assert plan(state, holds(5, "x"), keep_versions=1).retire == ()


def test_drift_is_repaired_and_says_why() -> None:
    made = plan(swarm(V1, V2, service("web", "db_v1"), service("api", "db_v2")), holds(2))
    assert moves(made) == {"web": {"db_v1": "db_v2"}}
    assert only(made).reason == "drift: refers to db_v1, but db_v2 is current"


def test_a_stack_file_that_puts_the_original_back_is_drift_too() -> None:
    made = plan(swarm(secret("db"), V1, service("web", "db")), holds(1))
    assert moves(made) == {"web": {"db": "db_v1"}}


def test_a_consumer_of_a_pending_version_is_watched() -> None:
    made = plan(swarm(V1, V2_PENDING, service("web", "db_v2", previous=["db_v1"])), holds(2))
    assert actions(made) == {"web": "watch"}
    assert only(made).watched == ("db",)


def test_a_consumer_of_the_active_version_is_not_looked_at() -> None:
    made = plan(swarm(V1, V2, service("web", "db_v2", state="updating")), holds(2))
    assert made.consumers == ()


@pytest.mark.parametrize(
    "consumer",
    [
        service("web", "db_v2", previous=["db_v1"], state="updating"),
        service("web", "db_v2", previous=["db_v1"]),
        service("web", "db_v2", previous=["db_v1"], state="rollback_started"),
    ],
)
def test_a_consumer_on_its_way_to_the_active_version_is_watched(consumer: Service) -> None:
    # Nothing is pending after a killed run that repaired drift or went back.
    made = plan(swarm(V1, V2, consumer), holds(2))
    assert actions(made) == {"web": "watch"}
    assert not made.changes


@pytest.mark.parametrize(
    "consumer",
    [
        service("web", "db_v2", previous=["db_v2"], state="updating"),
        service("web", "db_v2", previous=["db_v1"], state="completed"),
        service("web", "db_v2", previous=["db_v1"], replicas=0),
        service("web", "db_v2", state="rollback_started"),
    ],
)
def test_a_consumer_whose_update_brings_something_else_is_not_looked_at(consumer: Service) -> None:
    assert plan(swarm(V1, V2, consumer), holds(2)).consumers == ()


def test_a_version_rolled_back_on_demand_is_run_by_nobody() -> None:
    back = version("db", 2, status="quarantined")
    made = plan(swarm(V1, back, service("web", "db_v2", state="completed")), holds(2))
    assert moves(made) == {"web": {"db_v2": "db_v1"}}


def test_what_is_watched_and_what_moves_are_one_entry() -> None:
    things = [version("db", 1), version("db", 2, status="pending"), version("api", 1)]
    web = service("web", "db_v2", "api_v1", previous=["db_v1", "api_v1"])
    sources = {"db": holds(2), "api": holds(2, "x")}
    made = plan(swarm(*things, web), sources, [request("db"), request("api")])
    assert only(made).action == "update"
    assert only(made).watched == ("db",)
    assert only(made).changed_secrets == ("api",)
    assert only(made).secrets == ("api", "db")


def test_a_consumer_runs_on_with_a_version_that_another_one_rejected() -> None:
    web = service("web", "db_v2", previous=["db_v1"], state="completed")
    assert plan(swarm(V1, V2_BAD, web), holds(2)).consumers == ()


def test_consumers_go_back_together_where_they_are_to_stay_alike() -> None:
    web = service("web", "db_v2", previous=["db_v1"], state="completed")
    made = plan(swarm(V1, V2_BAD, web), holds(2), on_failure="rollback_all")
    assert moves(made) == {"web": {"db_v2": "db_v1"}}


@pytest.mark.parametrize(
    ("on_failure", "expected"),
    [("rollback", {"web": "update"}), ("pause", {}), ("continue", {})],
)
def test_a_consumer_that_a_rejected_version_made_pause_goes_back(
    on_failure: str, expected: dict[str, str]
) -> None:
    web = service("web", "db_v2", previous=["db_v1"], state="paused")
    made = plan(swarm(V1, V2_BAD, web), holds(2), on_failure=on_failure)
    assert actions(made) == expected
    assert all(item.escapes for item in made.consumers)


def test_a_consumer_that_something_else_made_pause_stays_at_a_rejected_version() -> None:
    web = service("web", "db_v2", previous=["db_v2"], state="paused")
    assert plan(swarm(V1, V2_BAD, web), holds(2)).consumers == ()


@pytest.mark.parametrize(
    "there",
    [
        V2_BAD,
        V2_PENDING,
        version("db", 2, failed_on="web"),
    ],
    ids=["quarantined", "pending", "good elsewhere"],
)
def test_a_consumer_that_its_version_made_pause_may_be_moved_on(there: object) -> None:
    paused = service("web", "db_v2", previous=["db_v1"], state="paused")
    made = plan(swarm(V1, there, paused), holds(3, "three"))
    assert moves(made) == {"web": {"db_v2": "db_v3"}}
    assert only(made).escapes


@pytest.mark.parametrize("there", [V2_BAD, V2_PENDING, version("db", 2, failed_on="web")])
def test_a_consumer_that_something_else_made_pause_is_held_whatever_it_runs(there: object) -> None:
    paused = service("web", "db_v2", previous=["db_v2"], state="paused")
    made = plan(swarm(V1, there, paused), holds(3, "three"))
    assert actions(made) == {"web": "hold"}


def test_a_version_that_failed_on_a_consumer_is_not_tried_on_it_again() -> None:
    state = swarm(V1, version("db", 2, failed_on="web"), service("web", "db_v1"))
    made = plan(state, holds(2))
    assert actions(made) == {"web": "skip"}
    assert only(made).reason == "db_v2 failed on it before; force tries again"
    assert only(made).secrets == ("db",)
    assert not made.changes


def test_a_refused_secret_does_not_keep_the_others_of_a_consumer_back() -> None:
    things = [V1, version("db", 2, failed_on="web"), version("api", 1)]
    state = swarm(*things, service("web", "db_v1", "api_v1"))
    sources = {"db": holds(2), "api": holds(2, "x")}
    made = plan(state, sources, [request("db"), request("api")])
    assert moves(made) == {"web": {"api_v1": "api_v2"}}
    assert only(made).refused == ("db",)
    assert only(made).reason == (
        "api_v1 is replaced by api_v2; db_v2 failed on it before; force tries again"
    )


def test_consumers_are_ordered_by_wave_then_name() -> None:
    waves = {"c": "2", "a": "2", "b": "-1", "z": None, "y": "first", "x": "9" * 5000}
    services = [
        service(name, "db_v1", labels={"swarmvault.wave": wave} if wave else {})
        for name, wave in waves.items()
    ]
    made = rotating(*services)
    assert [(item.wave, item.service.name) for item in made.consumers] == [
        (-1, "b"),
        (0, "x"),
        (0, "y"),
        (0, "z"),
        (2, "a"),
        (2, "c"),
    ]


def test_a_secret_is_attached_where_it_is_missing_and_only_there() -> None:
    web = Attachment("web", target="password", uid="33", mode=0o400)
    asked = request(attachments=(web, Attachment("api")))
    state = swarm(V1, service("web"), service("api", "db_v1"), service("other"))
    made = plan(state, holds(1), [asked])
    assert actions(made) == {"web": "update"}
    assert [item.attachment for item in only(made).attaches] == [web]
    assert only(made).reason == "db is attached"


def test_a_service_that_has_the_original_is_moved_and_not_given_it_twice() -> None:
    asked = request(attachments=(Attachment("web"),))
    made = plan(swarm(secret("db"), service("web", "db")), holds(1, "one"), [asked])
    assert only(made).attaches == ()
    assert moves(made) == {"web": {"db": "db_v1"}}


def test_nothing_is_attached_while_there_is_no_version_to_attach() -> None:
    asked = request(attachments=(Attachment("web"),))
    state = swarm(version("db", 1, status="quarantined"), service("web"))
    assert plan(state, holds(1), [asked]).consumers == ()


def test_a_reference_to_a_secret_nobody_knows_is_left_alone() -> None:
    made = rotating(service("web", "db_v1", "db_v77", "other"))
    assert moves(made) == {"web": {"db_v1": "db_v2"}}
