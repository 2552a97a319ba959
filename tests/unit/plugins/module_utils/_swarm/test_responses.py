# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of real engines, recorded by tests/e2e/swarm/record.py, and what may be missing."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import responses as parse
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
    Reference,
    Service,
    Task,
)

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))

Documents = dict[str, list[dict[str, t.Any]]]


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def recorded(request: pytest.FixtureRequest) -> Documents:
    return t.cast("Documents", json.loads(request.param.read_text()))


@pytest.fixture
def services(recorded: Documents) -> dict[str, Service]:
    found = [parse.parse_service(document) for document in recorded["services"]]
    return {service.name: service for service in found}


@pytest.fixture
def tasks(recorded: Documents) -> list[Task]:
    return [parse.parse_task(document) for document in recorded["tasks"]]


@pytest.fixture
def references(recorded: Documents) -> tuple[Reference, Reference]:
    """Return the references to the good and to the bad secret, at the file db."""
    by_label = sorted(recorded["secrets"], key=lambda one: not one["Spec"]["Labels"])
    good, bad = (Reference(one["ID"], one["Spec"]["Name"], "db") for one in by_label)
    return good, bad


def test_there_is_a_recording_of_each_generation() -> None:
    assert len(RECORDED) >= 2


def test_secrets(recorded: Documents) -> None:
    found = [parse.parse_secret(document) for document in recorded["secrets"]]
    assert {len(secret.id) for secret in found} == {25}
    assert sorted(len(secret.labels) for secret in found) == [0, 1]
    labelled = next(secret for secret in found if secret.labels)
    document = next(one for one in recorded["secrets"] if one["ID"] == labelled.id)
    assert labelled.labels == {"vault_path": "app/db"}
    assert labelled.name == document["Spec"]["Name"]
    assert labelled.index == document["Version"]["Index"]
    assert labelled.created_at == document["CreatedAt"]
    assert labelled.raw_spec == document["Spec"]
    assert labelled.driver is None


def test_modes_and_replicas(services: dict[str, Service]) -> None:
    assert {name: (one.mode, one.replicas) for name, one in services.items()} == {
        "paused": ("replicated", 1),
        "rolled-back": ("replicated", 1),
        "updated": ("replicated", 0),
        "global": ("global", None),
        "job": ("replicated-job", None),
    }
    assert [name for name, one in services.items() if one.is_job] == ["job"]


def test_update_states(services: dict[str, Service]) -> None:
    assert {name: one.update_state for name, one in services.items()} == {
        "paused": "paused",
        "rolled-back": "rollback_completed",
        "updated": None,
        "global": None,
        "job": None,
    }
    paused = services["paused"]
    assert paused.update_message.startswith("update paused due to failure")
    assert paused.update_started.startswith("20")
    assert services["global"].update_message == ""
    assert services["global"].update_started == ""


def test_references_now_and_before(
    services: dict[str, Service], references: tuple[Reference, Reference]
) -> None:
    good, bad = references
    now_and_before = {
        name: (one.references, one.previous_references) for name, one in services.items()
    }
    assert now_and_before == {
        "paused": ((bad,), (good,)),
        "rolled-back": ((good,), ()),
        "updated": ((bad,), (good,)),
        "global": ((Reference(good.secret_id, good.secret_name, "/run/db"),), ()),
        "job": ((), ()),
    }


def test_the_raw_specs_are_kept(recorded: Documents, services: dict[str, Service]) -> None:
    for document in recorded["services"]:
        service = services[document["Spec"]["Name"]]
        assert service.raw_spec == document["Spec"]
        assert service.raw_previous_spec == document.get("PreviousSpec")
        assert service.index == document["Version"]["Index"]


def test_tasks(
    recorded: Documents,
    services: dict[str, Service],
    tasks: list[Task],
    references: tuple[Reference, Reference],
) -> None:
    good, bad = references
    failed = [task for task in tasks if task.state == "failed"]
    assert failed
    for task in failed:
        assert task.error == "task: non-zero exit (1)"
        assert task.exit_code == 1
        assert task.desired_state == "shutdown"
        assert task.secret_ids == {bad.secret_id}
        assert task.slot == "1"
        assert task.timestamp > task.created_at
    everywhere = [task for task in tasks if task.service_id == services["global"].id]
    assert len(everywhere) > 1
    for task in everywhere:
        assert (task.state, task.desired_state, task.error) == ("running", "running", "")
        assert task.secret_ids == {good.secret_id}
        assert task.slot == ""
    assert len({task.node_id for task in everywhere}) == len(everywhere)
    assert {task.id: task.created_at for task in tasks} == {
        one["ID"]: one["CreatedAt"] for one in recorded["tasks"]
    }


# -- what may be missing ------------------------------------------------------------------------


@pytest.mark.parametrize("empty", [{}, {"Spec": None}, {"Spec": {}}])
def test_a_service_may_say_next_to_nothing(empty: dict[str, t.Any]) -> None:
    service = parse.parse_service({"ID": "x", **empty})
    assert service == Service(
        id="x",
        name="",
        index=0,
        mode="replicated",
        replicas=1,
        labels={},
        references=(),
        previous_references=(),
        update_state=None,
        update_message="",
        update_started="",
        raw_spec={},
    )


@pytest.mark.parametrize(
    "template",
    [
        None,
        {},
        {"PluginSpec": {}, "Runtime": "plugin"},
        {"ContainerSpec": None},
        {"ContainerSpec": {"Secrets": None}},
    ],
)
def test_a_service_may_have_no_containers_or_secrets(template: t.Any) -> None:
    spec = {"Name": "x", "TaskTemplate": template, "Labels": None, "Mode": {"Global": {}}}
    document = {"ID": "x", "Spec": spec, "PreviousSpec": spec, "UpdateStatus": {}}
    service = parse.parse_service(document)
    assert service.references == service.previous_references == ()
    assert service.labels == {}
    assert service.mode == "global"
    assert service.update_state is None


def test_a_reference_may_have_no_file() -> None:
    entries = [{"SecretID": "i", "SecretName": "n", "File": None}, {}]
    template = {"ContainerSpec": {"Secrets": entries}}
    assert parse.references_of_task(template) == (Reference("i", "n", ""), Reference("", "", ""))


def test_a_secret_may_say_next_to_nothing_and_may_have_a_driver() -> None:
    assert parse.parse_secret({"ID": "x"}).labels == {}
    driven = parse.parse_secret({"ID": "x", "Spec": {"Driver": {"Name": "vault"}, "Labels": None}})
    assert driven.driver == "vault"
    assert driven.labels == {}


def test_a_task_may_say_next_to_nothing() -> None:
    assert parse.parse_task({"ID": "x"}) == Task(
        id="x",
        service_id="",
        slot="",
        node_id="",
        state="",
        desired_state="",
        error="",
        secret_ids=frozenset(),
        created_at="",
        timestamp="",
        exit_code=None,
    )


@pytest.mark.parametrize(
    ("mode", "name", "replicas"),
    [
        ({"Replicated": {"Replicas": 0}}, "replicated", 0),
        ({"Replicated": {"Replicas": 7}}, "replicated", 7),
        ({"Replicated": {}}, "replicated", 1),
        ({"Global": {}}, "global", None),
        ({"ReplicatedJob": {"MaxConcurrent": 2}}, "replicated-job", None),
        ({"GlobalJob": {}}, "global-job", None),
        ({"Replicated": None, "Global": {}}, "global", None),
    ],
)
def test_each_mode(mode: dict[str, t.Any], name: str, replicas: int | None) -> None:
    service = parse.parse_service({"ID": "x", "Spec": {"Mode": mode}})
    assert (service.mode, service.replicas) == (name, replicas)


def test_labels_of_a_service() -> None:
    assert parse.parse_service({"ID": "x", "Spec": {"Labels": {"a": "b"}}}).labels == {"a": "b"}
