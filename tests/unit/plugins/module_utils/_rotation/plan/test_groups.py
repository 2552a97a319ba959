# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that one read fills are changed together, or not at all."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    InputError,
    SourceError,
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
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import (
    Plan,
    SecretPlan,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.rolled_back import (
    plan_rolled_back,
)

from tests.unit.plugins.module_utils._rotation.builders import (
    at,
    holds,
    moves,
    observation,
    options,
    plain_source,
    plan,
    request,
    secret_id,
    service,
    swarm,
    version,
)

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
        Service,
        SwarmSecret,
    )

USER, PASSWORD = (plain_source(field=name) for name in ("user", "password"))
SOURCES = {"user": USER, "password": PASSWORD, "host": plain_source(field="host")}
ASKED = [request(name, source=SOURCES[name]) for name in ("user", "password")]
BOTH = ("user", "password")


def made(name: str, number: int, source_version: int | None = None, **more: t.Any) -> SwarmSecret:
    """Return a version of a field of the path, with a value that tells its number."""
    source_version = source_version or number
    more.setdefault("group", f"shop/db {source_version}")
    more.setdefault("value", f"{name} {number}")
    more.setdefault("created_at", f"2026-01-01T00:00:{number:02d}.5Z")
    source = more.pop("source", SOURCES[name])
    return version(name, number, source_version=source_version, source=source, **more)


def ones() -> list[SwarmSecret]:
    return [made(name, 1) for name in BOTH]


def by_name(planned: Plan) -> dict[str, SecretPlan]:
    return planned.by_name


# -- what is a group ------------------------------------------------------------------------------


@pytest.mark.case("R2")
def test_fields_of_one_path_that_change_together_are_a_group() -> None:
    planned = by_name(plan(swarm(*ones()), holds(2, "new"), ASKED))
    assert {name: planned[name].group for name in BOTH} == {"user": BOTH, "password": BOTH}
    labels = [one.create.labels[secret_labels.GROUP] for one in planned.values() if one.create]
    assert len(labels) == 2
    assert len(set(labels)) == 1


@pytest.mark.case("R2")
def test_a_field_that_stays_the_same_is_no_part_of_a_change() -> None:
    sources = {"user": holds(2, "user 1"), "password": holds(2, "new")}
    planned = by_name(plan(swarm(*ones()), sources, ASKED))
    assert (planned["user"].action, planned["user"].group) == ("recorded", ())
    assert planned["user"].recorded_with == ("password",)
    assert (planned["password"].action, planned["password"].group) == ("rotated", ())


@pytest.mark.parametrize(
    "other",
    [
        plain_source("shop/api", field="user"),
        plain_source(field="user", mount="kv"),
        plain_source(field="user", version=2),
    ],
    ids=["path", "mount", "pinned"],
)
def test_what_another_read_gives_is_another_group(other: t.Any) -> None:
    asked = [dataclasses.replace(ASKED[0], source=other), ASKED[1]]
    planned = by_name(plan(swarm(), holds(2, "new"), asked))
    assert {one.group for one in planned.values()} == {()}
    labels = [one.create.labels[secret_labels.GROUP] for one in planned.values() if one.create]
    assert len(set(labels)) == 2


def test_fields_of_a_path_without_versions_are_a_group_too() -> None:
    asked = [
        request(name, source=plain_source(field=name, engine="kv1", mount="kv")) for name in BOTH
    ]
    planned = by_name(plan(swarm(), {n: holds(None, n) for n in BOTH}, asked))
    assert {one.group for one in planned.values()} == {BOTH}


def test_what_an_earlier_run_made_of_one_read_is_a_group_while_it_has_not_converged() -> None:
    things = [made(name, 2, status="pending") for name in BOTH]
    planned = by_name(plan(swarm(*ones(), *things), holds(2), ASKED))
    assert {one.group for one in planned.values()} == {BOTH}


def test_what_has_not_converged_of_an_earlier_read_is_another_change() -> None:
    things = [*ones(), made("user", 2, status="pending")]
    sources = {"user": holds(3, "user 2"), "password": holds(3, "new")}
    planned = by_name(plan(swarm(*things), sources, ASKED))
    assert planned["user"].promote
    assert {one.group for one in planned.values()} == {()}


# -- all or none ----------------------------------------------------------------------------------


@pytest.mark.case("R2")
def test_none_is_changed_while_what_goes_with_it_is_rejected() -> None:
    bad = made("password", 2, status="quarantined", failed_on="web")
    planned = plan(
        swarm(*ones(), bad, service("web", "user_v1", "password_v1")),
        {"user": holds(2, "new"), "password": holds(2)},
        ASKED,
    )
    user = by_name(planned)["user"]
    assert (user.action, user.create, user.current_name) == ("quarantined", None, "user_v1")
    assert "together with password" in user.reason
    assert "password_v2 failed on web" in user.reason
    assert moves(planned) == {}


def test_what_stays_the_same_is_not_held_by_what_is_rejected() -> None:
    bad = made("password", 2, status="quarantined", failed_on="web")
    sources = {"user": holds(2, "user 1"), "password": holds(2)}
    planned = by_name(plan(swarm(*ones(), bad), sources, ASKED))
    assert planned["user"].action == "recorded"


def test_none_is_changed_while_the_source_of_what_goes_with_it_is_not_available() -> None:
    sources = {"user": holds(2, "new"), "password": SourceState(error=SourceError("no field"))}
    planned = by_name(plan(swarm(*ones()), sources, ASKED, on_source_error="keep"))
    assert [(one.action, one.frozen, one.create) for one in planned.values()] == [
        ("kept", True, None),
        ("kept", True, None),
    ]


@pytest.mark.case("R2")
def test_half_of_a_group_is_rejected_with_the_other_half() -> None:
    # A run was killed after it had quarantined the one, before it could the other.
    things = [
        *ones(),
        made("user", 2, status="pending"),
        made("password", 2, status="quarantined", failed_on="web"),
    ]
    assert find_rejected(BOTH, swarm(*things)) == {secret_id("user_v2"): "web"}


def test_a_forced_retry_is_not_rejected_with_what_was_rejected_before() -> None:
    label = f"secret/shop/db 2 {at(2)}"
    things = [made(name, 2, status="quarantined", failed_on="web", group=label) for name in BOTH]
    planned = by_name(plan(swarm(*ones(), *things), holds(2, "x"), ASKED, force=True))
    new = planned["user"].create
    assert new is not None
    again = version("user", 3, status="pending", group=new.labels[secret_labels.GROUP])
    assert new.labels[secret_labels.GROUP] != label
    assert find_rejected(["user"], swarm(*ones(), *things, again)) == {}


def test_a_recorded_value_still_tells_what_it_was_made_with() -> None:
    planned = by_name(plan(swarm(made("user", 1)), holds(2, "user 1"), ASKED[:1]))
    (relabel,) = planned["user"].relabels
    assert relabel.labels[secret_labels.GROUP] == "shop/db 1"
    assert relabel.labels[secret_labels.SOURCE_VERSION] == "2"


# -- going back -----------------------------------------------------------------------------------


def back(*things: SwarmSecret | Service, names: t.Sequence[str] = BOTH) -> Plan:
    asked = [request(name, source=None) for name in names]
    return plan_rolled_back(observation(swarm(*things), requests=asked), options())


WEB = service("web", "user_v2", "password_v2")


@pytest.mark.case("R3")
def test_half_of_a_group_does_not_go_back_alone() -> None:
    things = [*ones(), *(made(name, 2) for name in BOTH), WEB]
    with pytest.raises(InputError, match=r"password: .* together with versions of user, .* list"):
        back(*things, names=["password"])
    assert moves(back(*things)) == {"web": {"user_v2": "user_v1", "password_v2": "password_v1"}}


@pytest.mark.case("R3")
def test_what_did_not_change_with_the_others_stays_when_they_go_back() -> None:
    things = [*ones(), made("password", 2), service("web", "user_v1", "password_v2")]
    for names in (BOTH, ["password"]):
        made_plan = back(*things, names=names)
        assert moves(made_plan) == {"web": {"password_v2": "password_v1"}}
    assert back(*things).by_name["user"].action == "unchanged"


@pytest.mark.case("R3")
def test_what_was_changed_before_the_others_goes_back_no_further_in_a_second_run() -> None:
    things = [*ones(), *(made(name, 2) for name in BOTH)]
    gone = made("password", 3, status="quarantined")
    again = back(*things, gone, WEB)
    assert not again.changes
    assert moves(again) == {}


def test_a_group_goes_back_from_what_one_consumer_still_runs_although_it_failed() -> None:
    things = [
        *(made(name, number) for name in BOTH for number in (1, 2)),
        *(made(name, 3, status="quarantined", failed_on="web") for name in BOTH),
        service("web", "password_v3"),
        service("api", "user_v2"),
    ]
    assert moves(back(*things)) == {"web": {"password_v3": "password_v2"}}
