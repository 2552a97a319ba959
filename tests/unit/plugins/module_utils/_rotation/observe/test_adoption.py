# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Swarm secrets that others made are versions of a logical secret, and which are not."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.current import (
    current_names,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.adoption import (
    adoption_warnings,
    check_drivers,
    claims_of,
    marks,
    unmarks,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.absent import (
    plan_absent,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.rolled_back import (
    plan_rolled_back,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
    Service,
    SwarmSecret,
)

from tests.unit.plugins.module_utils._rotation.builders import (
    actions,
    holds,
    moves,
    names,
    observation,
    options,
    plan,
    request,
    secret,
    service,
    version,
)

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
        SecretRequest,
    )

pytestmark = pytest.mark.case("N1")


def rolling(name: str, number: int, **more: t.Any) -> SwarmSecret:
    """Return what docker_secret makes with rolling_versions."""
    labels = {"ansible_key": "d14a", "ansible_version": str(number), **more.pop("labels", {})}
    return secret(f"{name}_v{number}", labels, **more)


def seen(requests: t.Sequence[SecretRequest], *things: SwarmSecret | Service) -> SwarmState:
    """Return what a run sees that has these entries."""
    secrets = [thing for thing in things if isinstance(thing, SwarmSecret)]
    services = [thing for thing in things if isinstance(thing, Service)]
    return SwarmState.of(secrets, services, claims_of(requests, secrets))


def refusal(requests: t.Sequence[SecretRequest], *secrets: SwarmSecret) -> str:
    with pytest.raises(InputError) as refused:
        claims_of(requests, secrets)
    return str(refused.value)


# -- what belongs ---------------------------------------------------------------------------------


def test_the_next_number_follows_on_the_highest_among_the_names() -> None:
    asked = [request(adopt=("db_v2", "db_v7", "old-db"))]
    state = seen(asked, secret("old-db"), secret("db_v7"), secret("db_v2"))
    assert names(state.secret("db").originals) == ["old-db", "db_v2", "db_v7"]
    made = plan(state, holds(1, "x"), asked)
    (planned,) = made.secrets
    assert planned.current_name == "db_v8"
    assert planned.previous is not None
    assert planned.previous.secret.name == "db_v7"
    assert planned.reason == "takes over from old-db and db_v2 and db_v7, which were not managed"


def test_names_compare_as_the_engine_compares_them() -> None:
    asked = [request(adopt=("db_v2",))]
    state = seen(asked, secret("DB_V2"), secret("Db_v3"))
    made = plan(state, holds(1, "x"), asked)
    assert made.secrets[0].current_name == "db_v4"


def test_what_docker_secret_made_is_recognised_by_name_and_labels_together() -> None:
    state = seen([], rolling("db", 1), rolling("db", 2), rolling("app_v2", 3))
    assert names(state.secret("db").originals) == ["db_v1", "db_v2"]
    assert names(state.secret("app_v2").originals) == ["app_v2_v3"]


@pytest.mark.parametrize(
    "other",
    [
        secret("db_v2", {"ansible_version": "2"}),
        secret("db_v2", {"ansible_key": "x"}),
        secret("db_v2", {"ansible_key": "x", "ansible_version": "3"}),
        secret("db_v02", {"ansible_key": "x", "ansible_version": "2"}),
        rolling("db", 2, driver="shelf"),
    ],
    ids=["no key", "no number", "another number", "another name", "a driver"],
)
def test_what_does_not_fit_is_not_recognised(other: SwarmSecret) -> None:
    assert seen([], other).secret("db").versions == ()


def test_a_logical_secret_that_is_named_or_managed_keeps_the_original_of_its_name() -> None:
    named = seen([request("db_v2")], rolling("db", 2))
    assert names(named.secret("db_v2").originals) == ["db_v2"]
    managed = seen([], rolling("db", 2), version("db_v2", 1))
    assert names(managed.secret("db_v2").versions) == ["db_v2", "db_v2_v1"]


def test_the_lookup_knows_what_labels_tell() -> None:
    marked = secret("old-db", {secret_labels.ADOPTED: "db"})
    assert current_names(["db"], [marked]) == ["old-db"]
    assert current_names(["db"], [rolling("db", 1), rolling("db", 2)]) == ["db_v2"]
    assert current_names(["db_v2"], [rolling("db", 2)]) == ["db_v2"]
    assert current_names(["db"], [rolling("db", 2), version("db", 3)]) == ["db_v3"]


# -- what is refused ------------------------------------------------------------------------------


def test_everything_that_cannot_be_adopted_is_told_at_once() -> None:
    asked = [
        request(adopt=("gone", "other_v1", "other", "theirs", "api_v1", "twice")),
        request("api", adopt=("twice",)),
        request("third", adopt=("db",)),
    ]
    text = refusal(
        asked,
        secret("db"),
        version("other", 1),
        secret("other"),
        secret("theirs", {secret_labels.ADOPTED: "else"}),
        rolling("api", 1),
        secret("twice"),
    )
    for part in (
        "db: adopt names gone, but there is no such Swarm secret",
        "db: adopt names other_v1, which is a version of other",
        "db: adopt names other, which belongs to the logical secret other",
        "db: adopt names theirs, which else has adopted",
        "db: adopt names api_v1, which belongs to the logical secret api",
        "twice is adopted by both db and api",
        "third: adopt names db, which belongs to the logical secret db",
    ):
        assert part in text


def test_what_is_ours_or_of_that_name_anyway_may_be_named_in_adopt() -> None:
    asked = [request(adopt=("db", "db_v1", "db_v1"))]
    state = seen(asked, secret("db"), version("db", 1), service("web", "db_v1"))
    assert not plan(state, holds(1), asked).changes


# -- marks ----------------------------------------------------------------------------------------


def test_only_what_no_label_tells_of_gets_a_mark_and_loses_it_with_the_last_version() -> None:
    asked = [request(adopt=("db", "old", "db_v1"))]
    logical = seen(asked, secret("db"), secret("old", {"owner": "x"}), rolling("db", 1)).secret(
        "db"
    )
    (mark,) = marks(logical)
    assert (mark.secret.name, mark.labels) == ("old", {"owner": "x", secret_labels.ADOPTED: "db"})
    marked = seen([], secret("old", {"owner": "x", secret_labels.ADOPTED: "db"}), version("db", 1))
    assert marks(marked.secret("db")) == ()
    (back,) = unmarks(marked.secret("db"))
    assert (back.secret.name, back.labels) == ("old", {"owner": "x"})
    gone = plan_absent(observation(marked), options(state="absent"))
    assert names(gone.retire) == ["db_v1"]
    assert [item.secret.name for item in gone.secrets[0].relabels] == ["old"]


def test_one_that_is_adopted_later_is_recorded_and_its_consumers_move() -> None:
    asked = [request(adopt=("old",))]
    state = seen(asked, secret("old"), version("db", 1), service("web", "old"))
    made = plan(state, holds(1), asked)
    (planned,) = made.secrets
    assert (planned.action, planned.create) == ("recorded", None)
    assert "old adopted" in planned.reason
    assert moves(made) == {"web": {"old": "db_v1"}}


# -- consumers ------------------------------------------------------------------------------------


def test_consumers_of_all_adopted_ones_move_and_go_back_to_the_last() -> None:
    marked = [secret(name, {secret_labels.ADOPTED: "db"}) for name in ("db_v1", "db_v2")]
    services = [service("web", "db_v1"), service("api", "db_v2")]
    made = plan(seen([], *marked, *services), holds(1, "x"))
    assert moves(made) == {"web": {"db_v1": "db_v3"}, "api": {"db_v2": "db_v3"}}

    later = seen([], *marked, version("db", 3), service("web", "db_v3"))
    back = plan_rolled_back(observation(later), options(state="rolled_back"))
    assert back.secrets[0].current_name == "db_v2"
    assert moves(back) == {"web": {"db_v3": "db_v2"}}


def test_nobody_is_moved_from_one_adopted_secret_to_another() -> None:
    marked = [secret(name, {secret_labels.ADOPTED: "db"}) for name in ("db_v1", "db_v2")]
    state = seen([], *marked, version("db", 3, status="quarantined"), service("web", "db_v1"))
    made = plan(state, holds(3))
    assert made.secrets[0].action == "quarantined"
    assert actions(made) == {}


def test_a_service_that_has_several_keeps_each_and_is_named() -> None:
    marked = [secret(name, {secret_labels.ADOPTED: "db"}) for name in ("db_v1", "db_v2")]
    state = seen([], *marked, service("web", "db_v1", "db_v2"))
    made = plan(state, holds(1, "x"))
    assert actions(made) == {"web": "skip"}
    assert "it refers to db_v1 and db_v2, several versions of db" in made.consumers[0].reason


# -- warnings and drivers -------------------------------------------------------------------------


def warned(*things: SwarmSecret | Service, asked: t.Sequence[SecretRequest] = ()) -> list[str]:
    requests = list(asked) or [request()]
    return list(adoption_warnings(requests, seen(requests, *things)))


def test_look_alikes_in_use_are_named_with_the_services() -> None:
    (text,) = warned(secret("db_v2"), service("web", "db_v2"), service("api", "db_v2"))
    assert text == (
        "db: web, api use db_v2, which the run leaves alone, since it is not known as a version of"
        " db. If it is one, add adopt: [db_v2] to the entry."
    )


@pytest.mark.parametrize("name", ["DB_V2", "db-v3", "db.v1", "db_2026", "db-1"])
def test_so_are_other_spellings_while_nothing_else_is_used(name: str) -> None:
    assert len(warned(secret(name), service("web", name))) == 1


@pytest.mark.parametrize(
    ("things", "asked"),
    [
        ([secret("db_v2")], []),
        ([secret("db_vault"), service("web", "db_vault")], []),
        ([secret("db2"), service("web", "db2")], []),
        ([rolling("db", 2), service("web", "db_v2")], []),
        ([secret("db_v2"), service("web", "db_v2")], [request(), request("db_v2")]),
        ([secret("db_v2"), version("db_v2", 1), service("web", "db_v2")], []),
        ([secret("db_2"), secret("db"), service("web", "db_2", "db")], []),
        ([secret("db_v2"), service("web", "db_v2")], [request(adopt=("db_v2",))]),
    ],
    ids=["unused", "word", "no sep", "known", "listed", "managed", "number only", "adopted"],
)
def test_nothing_else_is(things: list[t.Any], asked: list[SecretRequest]) -> None:
    assert warned(*things, asked=asked) == []


@pytest.mark.case("N9")
def test_a_driver_is_to_be_asked_for_once() -> None:
    def check(*things: SwarmSecret, adopt: tuple[str, ...] = ()) -> None:
        asked = [request(adopt=adopt)]
        check_drivers(asked, seen(asked, *things))

    served = secret("db", driver="shelf")
    with pytest.raises(InputError, match=r"secret driver shelf.*add adopt: \[db\]"):
        check(served)
    check(served, adopt=("DB",))
    check(served, version("db", 1))
    check(secret("db"))
    with pytest.raises(InputError, match="value of db comes"):
        check(served, secret("db_v2"), adopt=("db_v2",))


# -- what goes on to the next version -------------------------------------------------------------


@pytest.mark.case("N3")
def test_labels_of_others_go_on_and_those_that_would_lie_do_not() -> None:
    labels = {
        "owner": "shop",
        "com.docker.stack.namespace": "shop",
        "com.example.ui": "ops",
        "ansible_key": "d14a",
        "ansible_version": "2",
        "vault_path": "elsewhere",
        "vault_type": "vault_token",
        "openbao_path": "x",
        "dk.almbrand.docker.plugin.secretprovider.vault.path": "x",
        secret_labels.ADOPTED: "db",
    }
    asked = [request(labels={"com.example.ui": "all"}, dropped_labels=frozenset({"team"}))]
    state = seen(asked, secret("db_v2", {**labels, "team": "old"}))
    (planned,) = plan(state, holds(1, "x"), asked).secrets
    assert planned.create is not None
    theirs = {
        key: value
        for key, value in planned.create.labels.items()
        if not key.startswith(("swarmvault.", "vault_"))
    }
    assert theirs == {"owner": "shop", "com.example.ui": "all"}
    assert planned.create.labels["vault_path"] == "shop/db"
    assert "vault_type" not in planned.create.labels
    assert secret_labels.ADOPTED not in planned.create.labels


@pytest.mark.case("N3")
def test_a_label_that_is_dropped_is_taken_from_the_current_version() -> None:
    asked = [request(dropped_labels=frozenset({"owner"}))]
    state = seen(asked, version("db", 1, more={"owner": "shop", "team": "web"}))
    (planned,) = plan(state, holds(1), asked).secrets
    assert planned.action == "recorded"
    assert planned.reason.endswith("labels differ: owner")
    (relabel,) = planned.relabels
    assert "owner" not in relabel.labels
    assert relabel.labels["team"] == "web"
