# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes serve as managers, by what the engine says of them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.diagnosis.manager import (
    ManagerState,
    problem_of_engine,
    problem_of_node,
)


def info(state: str = "active", *, control: bool = True, **more: t.Any) -> dict[str, t.Any]:
    swarm = {"NodeID": "n1", "LocalNodeState": state, "ControlAvailable": control, **more}
    return {"Name": "manager1", "Swarm": swarm}


def node(
    role: str = "manager", state: str = "ready", reachability: str | None = "reachable"
) -> dict[str, t.Any]:
    document: dict[str, t.Any] = {
        "Spec": {"Role": role, "Availability": "drain"},
        "Status": {"State": state},
    }
    if reachability:
        document["ManagerStatus"] = {"Reachability": reachability}
    return document


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (info("inactive", control=False), "is not part of a swarm"),
        ({}, "is not part of a swarm"),
        ({"Swarm": None}, "is not part of a swarm"),
        (info("pending", control=False), "has not joined the swarm yet"),
        (info("locked", control=False), "docker swarm unlock"),
        (info("error", control=False, Error="raft: lost"), "is error: raft: lost"),
        (info(control=False), "is a worker of the swarm"),
        (info(control=False, Error="no manager answers"), "a worker of the swarm: no manager"),
    ],
)
def test_an_engine_that_cannot_be_a_manager_is_told_with_its_reason(
    document: dict[str, t.Any], says: str
) -> None:
    assert says in (problem_of_engine(document) or "")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (node("worker", reachability=None), "it is being demoted"),
        (node(state="down"), "the swarm reports it as down"),
        (node(state="disconnected"), "the swarm reports it as disconnected"),
        (node(reachability="unreachable"), "the other managers report it as unreachable"),
        (node(reachability=None), "the other managers report it as not a manager"),
        ({}, "its role is None"),
    ],
)
def test_a_node_that_the_swarm_does_not_count_on_is_told_with_its_reason(
    document: dict[str, t.Any], says: str
) -> None:
    assert says in (problem_of_node(document) or "")


class Engine:
    """Answers with what it is given, and notes what it is asked."""

    def __init__(self, answers: dict[str, t.Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def call(self, method: str, path: str, _params: t.Any = None, _body: t.Any = None) -> t.Any:
        self.asked.append(f"{method} {path}")
        return self.answers[path]


def test_a_manager_that_serves_has_no_problem_even_when_drained() -> None:
    engine = Engine({"/info": info(), "/nodes/n1": node()})
    assert SwarmClient(engine).manager_state() == ManagerState("manager1", None)


def test_a_manager_that_a_new_leader_has_not_heard_from_yet_serves() -> None:
    assert problem_of_node(node(state="unknown")) is None
    assert problem_of_node(node(reachability="unknown")) is None


def test_a_worker_is_asked_no_further() -> None:
    engine = Engine({"/info": info(control=False)})
    assert SwarmClient(engine).manager_state().problem == "it is a worker of the swarm"
    assert engine.asked == ["GET /info"]


def test_the_leader_is_the_one_that_the_swarm_has_as_such() -> None:
    leading = {**node(), "ManagerStatus": {"Reachability": "reachable", "Leader": True}}
    engine = Engine({"/info": info(), "/nodes/n1": leading})
    assert SwarmClient(engine).manager_state() == ManagerState("manager1", None, leads=True)
    assert not SwarmClient(Engine({"/info": info(), "/nodes/n1": node()})).manager_state().leads
