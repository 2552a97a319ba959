# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for ``state: present``: versions made, marked, promoted, and what is told of them."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceError,
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.consumers import (
    find_rejected,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SourceState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.versions import (
    managed_version,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Service

from tests.unit.plugins.module_utils._rotation.builders import (
    CREATED,
    LATER,
    actions,
    at,
    data_version,
    holds,
    moves,
    names,
    plain_source,
    plan,
    request,
    secret,
    secret_id,
    service,
    swarm,
    version,
)

EARLIER = "2025-12-31T00:00:00Z"


def test_an_unchanged_secret_gives_an_empty_plan() -> None:
    made = plan(swarm(version("db", 1), service("web", "db_v1", previous=["db_v1"])), holds(1))
    assert not made.changes
    assert (made.consumers, made.retire, made.warnings) == ((), (), ())
    (planned,) = made.secrets
    assert (planned.action, planned.current_name, planned.source_version) == (
        "unchanged",
        "db_v1",
        1,
    )


def test_a_new_value_makes_the_next_version_and_moves_every_consumer() -> None:
    state = swarm(version("db", 1), service("web", "db_v1"), service("api", "db_v1"), service("x"))
    made = plan(state, holds(2, "two"))
    (planned,) = made.secrets
    assert (planned.action, planned.current_name, planned.source_version) == ("rotated", "db_v2", 2)
    assert planned.promote
    assert planned.previous is not None
    assert planned.previous.secret.name == "db_v1"
    assert moves(made) == {"web": {"db_v1": "db_v2"}, "api": {"db_v1": "db_v2"}}
    assert made.changes


def test_a_new_version_has_all_labels_that_a_next_run_needs() -> None:
    asked = request(labels={"team": "shop"})
    (planned,) = plan(swarm(version("db", 1)), holds(2, "two"), [asked]).secrets
    assert planned.create is not None
    labels = dict(planned.create.labels)
    assert labels == {
        "team": "shop",
        "vault_path": "shop/db",
        "vault_field": "password",
        secret_labels.NAME: "db",
        secret_labels.VERSION: "2",
        secret_labels.SOURCE_VERSION: "2",
        secret_labels.SOURCE_TIME: at(2),
        secret_labels.GROUP: f"secret/shop/db 2 {at(2)}",
        secret_labels.STATUS: "pending",
    }
    assert managed_version(secret(planned.create.name, labels)) is not None


def test_planning_twice_gives_the_same_plan() -> None:
    state = swarm(version("db", 1), service("web", "db_v1"))
    plans = [plan(state, holds(2, "two"), hash_key=None) for _i in range(2)]
    assert plans[0] == plans[1]


def test_a_version_of_data_has_no_source_labels() -> None:
    (planned,) = plan(swarm(), holds(None, "one"), [request(data="one", source=None)]).secrets
    assert planned.create is not None
    assert set(planned.create.labels) == {
        secret_labels.NAME,
        secret_labels.VERSION,
        secret_labels.STATUS,
    }


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ([], "db_v1"),
        ([version("db", 1)], "db_v2"),
        ([version("db", 1), version("db", 7, status="quarantined")], "db_v8"),
        ([version("db", 9)], "db_v10"),
        ([secret("db_v1")], "db_v2"),
        ([version("db", 1), secret("db_v2"), secret("db_v3")], "db_v4"),
        ([version("db_v", 5), version("db_v1", 1), version("db_vault_token", 3)], "db_v1"),
    ],
)
def test_the_next_number_is_above_all_versions_and_takes_nobodys_name(
    there: list[object], name: str
) -> None:
    (planned,) = plan(swarm(*there), holds(20, "new")).secrets
    assert planned.current_name == name


LONG = "x" * 61


@pytest.mark.case("N4")
def test_a_name_that_has_no_room_for_another_number_stops_only_its_own_secret() -> None:
    things = [version(LONG, number) for number in (8, 9)]
    state = swarm(*things, version("db", 1), service("web", f"{LONG}_v8", "db_v1"))
    made = plan(state, holds(20, "new"), [request(LONG), request()], keep_versions=1)
    failed, rotated = made.secrets
    assert (failed.action, failed.create, failed.frozen) == ("failed", None, True)
    assert "65 characters" in failed.reason
    assert "shorter name" in failed.reason
    assert rotated.action == "rotated"
    assert moves(made) == {"web": {"db_v1": "db_v2"}}
    assert names(made.retire) == []


@pytest.mark.case("N4")
@pytest.mark.parametrize(
    ("length", "there", "told"),
    [
        (61, 0, "only 9 versions"),
        (59, 0, "only 999 versions"),
        (58, 0, None),
        (61, 4, None),
        (61, 6, "_v7 is number 7"),
        (60, 96, "_v97 is number 97"),
    ],
)
def test_a_name_that_leaves_room_for_few_numbers_is_told_first_and_last(
    length: int, there: int, told: str | None
) -> None:
    name = "x" * length
    things = [version(name, there)] if there else []
    warnings = plan(swarm(*things), holds(500, "new"), [request(name)]).warnings
    assert bool(warnings) is (told is not None)
    assert told is None or told in warnings[0]


@pytest.mark.case("R5")
def test_another_hash_key_stops_only_the_secret_that_cannot_be_compared() -> None:
    asked = [request(data="two", source=None), request("api")]
    state = swarm(
        data_version("db", 1, "one"), version("api", 1), service("web", "db_v1", "api_v1")
    )
    sources = {"db": holds(None, "two"), "api": holds(2, "new")}
    made = plan(state, sources, asked, hash_key=SecretValue(b"another long key"))
    assert [(one.action, one.frozen) for one in made.secrets] == [
        ("failed", True),
        ("rotated", False),
    ]
    assert "another hash_key" in made.secrets[0].reason
    assert moves(made) == {"web": {"api_v1": "api_v2"}}


def test_adoption_moves_consumers_from_the_original_and_leaves_it_alone() -> None:
    state = swarm(secret("db"), service("web", "db"))
    made = plan(state, holds(1, "one"))
    assert [item.action for item in made.secrets] == ["adopted"]
    assert moves(made) == {"web": {"db": "db_v1"}}
    assert made.consumers[0].reason == "adopted from db"
    assert made.retire == ()


def test_a_new_source_version_of_the_same_value_is_recorded_and_restarts_nothing() -> None:
    state = swarm(version("db", 1, value="one", more={"team": "shop"}), service("web", "db_v1"))
    made = plan(state, holds(2, "one"))
    (planned,) = made.secrets
    assert (planned.action, planned.source_version) == ("recorded", 2)
    assert made.consumers == ()
    assert made.changes
    (relabel,) = planned.relabels
    before = dict(state.secrets[0].labels)
    assert dict(relabel.labels) == {
        **before,
        secret_labels.SOURCE_VERSION: "2",
        secret_labels.SOURCE_TIME: at(2),
    }


def test_a_label_that_the_task_adds_is_put_on_the_current_version() -> None:
    state = swarm(version("db", 1, more={"team": "old", "kept": "yes"}))
    (planned,) = plan(state, holds(1), [request(labels={"team": "shop"})]).secrets
    (relabel,) = planned.relabels
    assert relabel.labels == {**relabel.secret.labels, "team": "shop"}


def test_moving_from_vault_to_data_leaves_nothing_of_the_source_in_the_labels() -> None:
    state = swarm(version("db", 1, value="one"))
    (planned,) = plan(state, holds(None, "one"), [request(data="one", source=None)]).secrets
    (relabel,) = planned.relabels
    assert set(relabel.labels) == {
        secret_labels.NAME,
        secret_labels.VERSION,
        secret_labels.STATUS,
        secret_labels.FINGERPRINT,
    }


def test_a_pending_version_is_finished_and_not_made_again() -> None:
    state = swarm(version("db", 1), version("db", 2, status="pending"), service("web", "db_v1"))
    made = plan(state, holds(2))
    (planned,) = made.secrets
    assert (planned.create, planned.current_name, planned.promote) == (None, "db_v2", True)
    assert moves(made) == {"web": {"db_v1": "db_v2"}}
    assert "an earlier run did not finish" in made.consumers[0].reason


def test_a_pending_version_with_no_consumer_left_to_move_is_promoted() -> None:
    made = plan(swarm(version("db", 1, status="pending")), holds(1))
    assert made.changes
    assert made.secrets[0].promote


def test_what_a_rollback_leads_to_is_never_a_version_that_did_not_converge() -> None:
    state = swarm(version("db", 1), version("db", 2, status="pending"), service("web", "db_v1"))
    (planned,) = plan(state, holds(3, "three")).secrets
    assert planned.current_name == "db_v3"
    assert planned.previous is not None
    assert planned.previous.secret.name == "db_v1"


def test_a_quarantined_source_version_is_neither_made_nor_moved_to() -> None:
    state = swarm(
        version("db", 1),
        version("db", 2, status="quarantined", failed_on="web"),
        service("web", "db_v1"),
        service("api", "db_v1"),
    )
    made = plan(state, holds(2))
    (planned,) = made.secrets
    assert (planned.action, planned.create, planned.current_name) == ("quarantined", None, "db_v1")
    assert planned.source_version == 1
    assert made.consumers == ()
    assert not made.changes


@pytest.mark.case("S7")
def test_the_same_bad_text_in_a_newer_source_version_is_recorded_as_rejected() -> None:
    bad = version("db", 2, value="two", status="quarantined", failed_on="web", more={"a": "b"})
    state = swarm(version("db", 1, value="one"), bad, service("web", "db_v1"))
    made = plan(state, holds(3, "two"))
    (planned,) = made.secrets
    assert (planned.action, planned.create, planned.current_name) == ("quarantined", None, "db_v1")
    assert "source version 3 is quarantined: db_v2 failed on web" in planned.reason
    (relabel,) = planned.relabels
    noted = {secret_labels.SOURCE_VERSION: "3", secret_labels.SOURCE_TIME: at(3)}
    assert relabel.labels == {**bad.labels, **noted}
    # The next run knows without the value, and changes nothing.
    again = swarm(version("db", 1), secret("db_v2", relabel.labels), service("web", "db_v1"))
    assert not plan(again, holds(3)).changes


@pytest.mark.case("S7")
def test_one_just_found_at_fault_is_recorded_with_the_newer_source_version_too() -> None:
    pending = version("db", 2, value="two", status="pending")
    made = plan(swarm(version("db", 1), pending, rejecting()), holds(3, "two"))
    (relabel,) = made.secrets[0].relabels
    assert secret_labels.failed_on(relabel.labels) == ("web",)
    assert relabel.labels[secret_labels.SOURCE_VERSION] == "3"


def test_while_every_version_is_quarantined_consumers_stay_where_they_are() -> None:
    state = swarm(version("db", 1, status="quarantined"), service("web", "db_v1"))
    made = plan(state, holds(1))
    assert (made.secrets[0].current_name, made.consumers, made.retire) == (None, (), ())


def test_a_source_in_trouble_freezes_its_secret_and_only_that() -> None:
    state = swarm(
        version("db", 1),
        version("db", 2),
        version("db", 3),
        version("api", 1),
        service("web", "db_v1", "api_v1"),
    )
    sources = {
        "db": SourceState(error=SourceUnreachableError("Vault is sealed.")),
        "api": holds(2, "two"),
    }
    asked = [request("db"), request("api")]
    made = plan(state, sources, asked, keep_versions=1, on_source_error="keep")
    assert [item.action for item in made.secrets] == ["kept", "rotated"]
    assert moves(made) == {"web": {"api_v1": "api_v2"}}
    assert [name for name in names(made.retire) if name.startswith("db")] == []
    assert made.warnings == ("db: source not available, left as it is: Vault is sealed.",)


@pytest.mark.case("R5")
def test_a_source_that_fails_fails_its_secret_and_only_that() -> None:
    state = swarm(
        version("db", 1), version("db", 2), version("api", 1), service("web", "db_v1", "api_v1")
    )
    error = SourceError("secret/shop/db has no field.", "Set vault_field.")
    sources = {"db": SourceState(error=error), "api": holds(2, "two")}
    made = plan(state, sources, [request("db"), request("api")], keep_versions=1)
    failed = made.secrets[0]
    assert (failed.action, failed.reason, failed.current_name) == ("failed", str(error), "db_v2")
    assert moves(made) == {"web": {"api_v1": "api_v2"}}
    assert (names(made.retire), made.warnings) == ([], ())


def test_secrets_with_alike_names_are_planned_apart() -> None:
    alike = ["db", "db_v", "db_vault_token", "db_v1"]
    things = [version(name, number) for name in alike for number in (1, 2)]
    state = swarm(*things, service("web", *(f"{name}_v2" for name in alike)))
    made = plan(state, {"db": holds(3, "x")}, keep_versions=1)
    assert moves(made) == {"web": {"db_v2": "db_v3"}}
    assert names(made.retire) == ["db_v1"]


def rejecting(
    *, state: str | None = "rollback_completed", started: str = LATER, **more: object
) -> Service:
    return service("web", "db_v1", state=state, started=started, **more)


PENDING = version("db", 2, status="pending")


@pytest.mark.parametrize(
    ("consumer", "rejected_by"),
    [
        (rejecting(), True),
        (rejecting(state="rollback_started"), True),
        (rejecting(state="rollback_paused"), True),
        (rejecting(previous=["db_v2"]), True),
        (rejecting(started=CREATED), True),
        (rejecting(state="paused"), False),
        (rejecting(state="completed"), False),
        (rejecting(state=None), False),
        (rejecting(started=EARLIER), False),
        (rejecting(started=""), False),
        # Someone rolled back an update that was not about the secret.
        (rejecting(previous=["db_v1"]), False),
        (rejecting(previous=[]), False),
        (service("web", "db_v2", state="rollback_completed", started=LATER), False),
        (service("web", state="rollback_completed", started=LATER), False),
        (service("web", "api_v1", state="rollback_completed", started=LATER), False),
    ],
)
def test_a_pending_version_is_at_fault_where_a_consumer_went_back_from_it(
    consumer: Service,
    rejected_by: bool,
) -> None:
    state = swarm(version("db", 1), PENDING, version("api", 1), consumer)
    found = find_rejected(["db", "api"], state)
    assert found == ({secret_id("db_v2"): "web"} if rejected_by else {})


@pytest.mark.parametrize(
    ("created", "started", "rejected_by"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", True),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.51Z", True),
        ("2026-01-01T00:00:00.51Z", "2026-01-01T00:00:00.5Z", False),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z", False),
    ],
)
def test_times_are_compared_although_the_engine_cuts_their_zeros(
    created: str,
    started: str,
    rejected_by: bool,
) -> None:
    pending = version("db", 2, status="pending", created_at=created)
    state = swarm(version("db", 1), pending, rejecting(started=started))
    assert bool(find_rejected(["db"], state)) is rejected_by


@pytest.mark.parametrize("status", ["active", "quarantined"])
def test_only_a_pending_version_can_be_found_at_fault(status: str) -> None:
    state = swarm(version("db", 1), version("db", 2, status=status), rejecting())
    assert find_rejected(["db"], state) == {}


def test_a_version_found_at_fault_is_marked_and_consumers_keep_the_one_before() -> None:
    state = swarm(version("db", 1), PENDING, rejecting(), service("api", "db_v1"))
    made = plan(state, holds(2))
    (planned,) = made.secrets
    assert (planned.action, planned.current_name, planned.promote) == (
        "quarantined",
        "db_v1",
        False,
    )
    (relabel,) = planned.relabels
    assert relabel.secret.name == "db_v2"
    assert relabel.labels == {
        **relabel.secret.labels,
        secret_labels.STATUS: "quarantined",
        secret_labels.FAILED_ON: "web",
    }
    assert actions(made) == {}


def test_a_version_found_at_fault_by_two_consumers_names_both() -> None:
    other = service("api", "db_v1", state="rollback_completed", started=LATER)
    state = swarm(version("db", 1), PENDING, rejecting(), other)
    (relabel,) = plan(state, holds(2)).secrets[0].relabels
    assert secret_labels.failed_on(relabel.labels) == ("web", "api")


def test_a_newer_source_version_follows_one_found_at_fault() -> None:
    state = swarm(version("db", 1), PENDING, rejecting())
    made = plan(state, holds(3, "three"))
    (planned,) = made.secrets
    assert (planned.action, planned.current_name) == ("rotated", "db_v3")
    assert [item.secret.name for item in planned.relabels] == ["db_v2"]
    assert moves(made) == {"web": {"db_v1": "db_v3"}}


def test_force_makes_a_new_version_of_a_quarantined_source_version() -> None:
    state = swarm(
        version("db", 1),
        version("db", 2, status="quarantined", failed_on="web"),
        service("web", "db_v1"),
    )
    made = plan(state, holds(2, "two"), force=True)
    assert moves(made) == {"web": {"db_v1": "db_v3"}}
    assert secret_labels.FAILED_ON not in (made.secrets[0].create or made).labels


def test_data_is_compared_by_fingerprint() -> None:
    state = swarm(data_version("db", 1, "one"), service("web", "db_v1"))
    same, other = (
        plan(state, holds(None, value), [request(data=value, source=None)])
        for value in ("one", "two")
    )
    assert not same.changes
    assert moves(other) == {"web": {"db_v1": "db_v2"}}


def test_several_secrets_of_one_path_are_one_change_set() -> None:
    asked = [request(name, source=plain_source(field=name)) for name in ("user", "password")]
    things = [version(item.name, 1, source=item.source) for item in asked]
    state = swarm(*things, service("web", "user_v1", "password_v1"))
    made = plan(state, holds(2, "x"), asked)
    assert moves(made) == {"web": {"user_v1": "user_v2", "password_v1": "password_v2"}}
    assert len(made.consumers) == 1
