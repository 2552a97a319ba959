# SPDX-License-Identifier: GPL-3.0-or-later
"""The spec edits that move one consumer on or back: nothing changes but its references."""

from __future__ import annotations

import copy
import dataclasses
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply.spec_edits import (
    Target,
    can_use_previous_spec,
    go_back,
    move_to_targets,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import (
    WATCH,
    Plan,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import Attachment
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import Service
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.spec import references

from tests.unit.plugins.module_utils._rotation.builders import (
    holds,
    plan,
    reference,
    request,
    secret,
    secret_id,
    service,
    spec,
    swarm,
    version,
)


def target(name: str) -> Target:
    return Target(secret_id(name), name)


def named(found: t.Mapping[str, t.Any] | None) -> list[str]:
    """Return the names of the secrets a spec refers to, in order."""
    assert found is not None
    return [item.secret_name for item in references(found)]


def put_back(found: t.Mapping[str, t.Any] | None, *names: str) -> dict[str, t.Any]:
    """Return the spec with other secrets behind its references, edited the plainest way."""
    assert found is not None
    edited = copy.deepcopy(dict(found))
    entries = edited["TaskTemplate"]["ContainerSpec"]["Secrets"]
    for entry, name in zip(entries, names, strict=True):
        entry.update(SecretID=secret_id(name), SecretName=name)
    return edited


class Case:
    """A plan for the service web, and its run."""

    def __init__(self, web: Service, *things: t.Any, asked: t.Any = None, **sources: t.Any) -> None:
        self.state: SwarmState = swarm(*things, web)
        asked = asked or [request(name) for name in sources]
        self.plan: Plan = plan(self.state, sources, asked)
        (consumer,) = self.plan.consumers
        self.targets = {
            item.name: target(item.current_name) for item in self.plan.secrets if item.current_name
        }
        self.consumer = consumer
        self.web = consumer.service
        self.names: tuple[str, ...] = consumer.watched
        self.undo: dict[str, tuple[str, str] | None] = {}

    def moved(self, *blocked: str) -> t.Mapping[str, t.Any] | None:
        move = move_to_targets(self.web, self.consumer, self.state, self.targets, blocked)
        self.names = move.names
        self.undo.update(move.undo)
        return move.spec

    def updated(self, *blocked: str) -> None:
        """Go on as if the engine had taken the update."""
        found = self.moved(*blocked)
        assert found is not None
        self.now(
            service(
                "web",
                *found["TaskTemplate"]["ContainerSpec"].get("Secrets", ()),
                previous=self.web.raw_spec["TaskTemplate"]["ContainerSpec"].get("Secrets", ()),
            )
        )

    def now(self, web: Service) -> None:
        self.web = web

    def reverted(self, *names: str) -> t.Mapping[str, t.Any] | None:
        gone_from = {name: self.targets[name] for name in names if name in self.names}
        return go_back(self.web, self.state, gone_from, self.undo)

    def can_use_previous_spec(self) -> bool:
        ids = {self.targets[name].secret_id for name in self.names}
        return can_use_previous_spec(self.web, ids, ids)


def rotating(web: Service | None = None) -> Case:
    """Two of three secrets of web have a new value."""
    web = web or service("web", "db_v1", "other", "api_v1")
    return Case(
        web,
        version("db", 1),
        version("api", 1),
        secret("other"),
        db=holds(2, "x"),
        api=holds(2, "x"),
    )


def test_all_swaps_are_made_in_one_spec_that_differs_in_nothing_else() -> None:
    web = service("web", "db_v1", "other", "api_v1")
    before = copy.deepcopy(web.raw_spec)
    case = rotating(web)
    moved = case.moved()
    assert named(moved) == ["db_v2", "other", "api_v2"]
    assert put_back(moved, "db_v1", "other", "api_v1") == before
    assert web.raw_spec == before
    assert case.names == ("db", "api")


def test_what_is_blocked_stays_as_it_is() -> None:
    case = rotating()
    assert named(case.moved("db")) == ["db_v1", "other", "api_v2"]
    assert case.names == ("api",)


def test_where_everything_is_blocked_nothing_is_sent() -> None:
    assert rotating().moved("db", "api") is None


def test_after_a_conflict_the_swap_is_made_in_the_spec_as_it_is_then() -> None:
    case = rotating()
    case.moved()
    case.now(service("web", "api_v1", "db_v1", image="shop:2"))
    moved = case.moved()
    assert named(moved) == ["api_v2", "db_v2"]
    assert put_back(moved, "api_v1", "db_v1") == case.web.raw_spec


def test_a_consumer_that_was_set_to_another_version_meanwhile_is_moved_from_there() -> None:
    case = Case(
        service("web", "db_v1"),
        version("db", 1),
        version("db", 2),
        db=holds(3, "x"),
    )
    case.now(service("web", "db_v2"))
    case.updated()
    assert named(case.web.raw_spec) == ["db_v3"]
    assert named(case.reverted("db")) == ["db_v2"]


def test_an_update_whose_answer_was_lost_is_not_sent_twice() -> None:
    case = rotating()
    case.updated()
    assert case.moved() is None
    assert case.names == ("db", "api")
    assert named(case.reverted("db", "api")) == ["db_v1", "other", "api_v1"]


def test_a_secret_that_somebody_took_out_meanwhile_is_not_counted_as_moved() -> None:
    case = rotating()
    case.now(service("web", "other", "api_v1"))
    assert named(case.moved()) == ["other", "api_v2"]
    assert case.names == ("api",)


def test_a_secret_that_another_run_moved_further_is_not_counted_as_moved() -> None:
    case = Case(service("web", "db_v1"), version("db", 1), db=holds(2, "x"))
    case.now(service("web", "db_v3"))
    assert case.moved() is None
    assert case.names == ()


def attaching(web: Service, **more: t.Any) -> Case:
    asked = request(attachments=(Attachment("web", **more),))
    return Case(web, version("db", 1), secret("other"), asked=[asked], db=holds(1))


def test_a_secret_is_attached_with_its_file() -> None:
    case = attaching(service("web", "api"), target="password", uid="33", gid="34", mode=0o400)
    moved = case.moved()
    assert moved is not None
    assert moved["TaskTemplate"]["ContainerSpec"]["Secrets"] == [
        reference("api"),
        {
            "File": {"Name": "password", "UID": "33", "GID": "34", "Mode": 0o400},
            "SecretID": secret_id("db_v1"),
            "SecretName": "db_v1",
        },
    ]


def test_a_service_without_secrets_gets_its_first() -> None:
    case = attaching(service("web"))
    moved = case.moved()
    assert [item.target for item in references(moved or {})] == ["db"]
    case.updated()
    assert named(case.reverted("db")) == []


@pytest.mark.parametrize("name", ["db_v1", "db_v9"])
def test_a_secret_that_somebody_attached_meanwhile_is_not_attached_again(name: str) -> None:
    case = attaching(service("web", "other"))
    case.now(service("web", "other", name))
    assert case.moved() is None


def test_the_engines_rollback_is_used_where_it_undoes_our_swaps_and_nothing_else() -> None:
    case = rotating()
    case.updated()
    assert case.can_use_previous_spec()


@pytest.mark.parametrize(
    ("previous", "image"),
    [
        (None, "shop:1"),
        (["db_v1", "other", "api_v1"], "shop:0"),
        (["db_v2", "other", "api_v1"], "shop:1"),
        (["other", "db_v1", "api_v1", "x"], "shop:1"),
    ],
    ids=["there is none", "another image", "has one of ours", "more secrets"],
)
def test_the_engines_rollback_is_not_used_where_it_would_do_more_or_less(
    previous: list[str] | None, image: str
) -> None:
    case = rotating()
    case.updated()
    web = dataclasses.replace(
        service("web", "db_v2", "other", "api_v2", previous=previous),
        raw_previous_spec=None if previous is None else spec("web", previous, image=image),
    )
    case.now(web)
    assert not case.can_use_previous_spec()


def test_the_way_back_keeps_what_somebody_changed_meanwhile() -> None:
    case = rotating()
    case.updated()
    case.now(service("web", "x", "db_v2", "other", "api_v2", image="shop:2"))
    back = case.reverted("db", "api")
    assert named(back) == ["x", "db_v1", "other", "api_v1"]
    assert put_back(back, "x", "db_v2", "other", "api_v2") == case.web.raw_spec


def test_only_the_secrets_at_fault_go_back_with_others() -> None:
    case = rotating()
    case.updated()
    assert named(case.reverted("db")) == ["db_v1", "other", "api_v2"]


def test_nothing_goes_back_that_was_not_moved() -> None:
    case = rotating()
    case.updated("db")
    assert case.reverted("db") is None


def test_a_consumer_that_an_earlier_run_moved_goes_back_to_the_version_before() -> None:
    web = service("web", "db_v2", previous=["db_v1"])
    case = Case(web, version("db", 1), version("db", 2, status="pending"), db=holds(2))
    assert case.consumer.action is WATCH
    assert case.names == ("db",)
    assert case.can_use_previous_spec()
    assert named(case.reverted("db")) == ["db_v1"]


def test_an_adopted_consumer_goes_back_to_the_original() -> None:
    case = Case(service("web", "db"), secret("db"), db=holds(1, "x"))
    case.updated()
    assert named(case.reverted("db")) == ["db"]


@pytest.mark.case("R1")
def test_one_that_is_back_already_goes_no_further_back() -> None:
    web = service("web", "db_v2", previous=["db_v1"])
    versions = (version("db", 1), version("db", 2), version("db", 3, status="pending"))
    case = Case(service("web", "db_v3", previous=["db_v2"]), *versions, db=holds(3))
    assert named(case.reverted("db")) == ["db_v2"]
    case.now(web)
    assert case.reverted("db") is None
