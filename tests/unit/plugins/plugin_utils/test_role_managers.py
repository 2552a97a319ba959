# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts the role works on: the leader last, and those that are away by name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.plugin_utils import _role_managers

Answers = dict[str, t.Any]
AWAY: Answers = {"engine": {"unreachable": True, "msg": "Connection timed out"}}


def answers(
    *,
    leader: bool = False,
    version: str = "20.10.24+dfsg1",
    state: str = "active",
    **changed: t.Any,
) -> Answers:
    """Return what a manager that serves answers, or one that differs."""
    swarm = {"LocalNodeState": state, "ControlAvailable": True, "NodeID": "n"}
    info = {"ServerVersion": version, "Architecture": "x86_64", "Swarm": swarm}
    swarm.update(changed.pop("swarm", {}))
    node = {
        "Spec": {"Role": "manager"},
        "Status": {"State": "ready"},
        "ManagerStatus": {"Reachability": "reachable", "Leader": leader},
        **changed,
    }
    return {"engine": {"status": 200, "json": info}, "node": {"status": 200, "json": node}}


def test_the_leader_comes_last() -> None:
    found = _role_managers.sort({"a": answers(leader=True), "b": answers(), "c": answers()})
    assert found["order"] == ["b", "c", "a"]
    assert (found["skipped"], found["refused"]) == ({}, {})
    assert found["architectures"] == dict.fromkeys("abc", "amd64")


LATER: dict[str, tuple[Answers, str]] = {
    "no ssh": (AWAY, "Connection timed out"),
    "nothing at all": ({}, "no answer"),
    "no engine": ({"engine": {"status": -1, "msg": "refused"}}, "engine does not answer: refused"),
    "locked": (answers(state="locked") | {"node": {"skipped": True}}, "the swarm is locked"),
    "no leader": (answers() | {"node": {"status": 500, "msg": "no leader"}}, "no leader"),
    "lost": (answers(Status={"State": "down"}), "reports it as down"),
}


@pytest.mark.parametrize("name", LATER)
def test_a_manager_that_is_away_is_passed_over(name: str) -> None:
    away, expected = LATER[name]
    found = _role_managers.sort({"a": away, "b": answers()})
    assert found["order"] == ["b"]
    assert expected in found["skipped"]["a"]
    assert found["refused"] == {}


NEVER: dict[str, tuple[Answers, str]] = {
    "no swarm": (answers(state="inactive") | {"node": {"skipped": True}}, "not part of a swarm"),
    "worker": (answers(swarm={"ControlAvailable": False}) | {"node": {"status": 503}}, "a worker"),
    "too old": (answers(version="19.03.15"), "its engine is 19.03.15, but must be 20.10 or newer"),
}


@pytest.mark.parametrize("name", NEVER)
def test_what_can_never_do_is_refused(name: str) -> None:
    wrong, expected = NEVER[name]
    found = _role_managers.sort({"a": wrong, "b": answers()})
    assert expected in found["refused"]["a"]
    assert found["skipped"] == {}


@pytest.mark.parametrize("version", ["20.10.0", "29.0.0-rc1", "dev", ""])
def test_other_versions_do(version: str) -> None:
    assert _role_managers.sort({"a": answers(version=version)})["order"] == ["a"]
