# SPDX-License-Identifier: GPL-3.0-or-later
"""Each call of the client against a real Swarm: what it sends, what it gives, how it fails."""

from __future__ import annotations

import base64
import concurrent.futures
import json
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import client as clients
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
    Reference,
    SwarmSecret,
)

from tests.e2e.swarm.engine import Engine, reference, small_spec


def find(engine: Engine, secret_id: str) -> SwarmSecret:
    return next(secret for secret in engine.swarm.secrets() if secret.id == secret_id)


# -- secrets ------------------------------------------------------------------------------------


def test_a_secret_is_listed_as_it_was_made(engine: Engine) -> None:
    secret_id, name = engine.secret(labels={"a": "1", "b": ""})
    found = find(engine, secret_id)
    assert found.name == name
    assert found.labels == {"a": "1", "b": ""}
    assert found.driver is None
    assert found.index > 0
    assert found.created_at.startswith("20")


@pytest.mark.parametrize("value", [b"\x00\xff binary \n", b"x" * 511_999])
def test_any_value_the_engine_takes_can_be_a_secret(engine: Engine, value: bytes) -> None:
    name = engine.name()
    secret_id = engine.swarm.create_secret(name, {}, SecretValue(value))
    engine.made.append(f"/secrets/{secret_id}")
    assert find(engine, secret_id).name == name


@pytest.mark.parametrize("value", [b"", b"x" * 512_001])
def test_a_value_the_engine_does_not_take_is_refused_without_being_shown(
    engine: Engine, value: bytes
) -> None:
    with pytest.raises(errors.DockerError) as caught:
        engine.swarm.create_secret(engine.name(), {}, SecretValue(value))
    assert caught.value.status == 400
    assert not caught.value.transient
    encoded = base64.b64encode(b"x" * 99).decode()
    assert encoded not in str(caught.value)


def test_a_taken_name_is_told_apart(engine: Engine) -> None:
    _id, name = engine.secret()
    with pytest.raises(errors.NameTakenError, match=name):
        engine.swarm.create_secret(name, {}, SecretValue(b"other"))


def test_labels_are_replaced_and_nothing_else(engine: Engine) -> None:
    secret_id, name = engine.secret(labels={"old": "1", "kept": "2"})
    before = find(engine, secret_id)
    assert engine.swarm.update_secret_labels(before, lambda _: {"kept": "2", "new": "3"})
    after = find(engine, secret_id)
    assert after.labels == {"kept": "2", "new": "3"}
    assert (after.id, after.name, after.created_at) == (before.id, name, before.created_at)
    assert after.index > before.index


def test_labels_are_changed_anew_if_somebody_else_was_faster(engine: Engine) -> None:
    secret_id, _name = engine.secret()
    stale = find(engine, secret_id)
    engine.swarm.update_secret_labels(stale, lambda _: {"theirs": "1"})
    engine.transport.calls.clear()
    engine.swarm.update_secret_labels(stale, lambda labels: {**labels, "ours": "2"})
    assert find(engine, secret_id).labels == {"ours": "2", "theirs": "1"}
    assert engine.transport.calls[:3] == [
        f"POST /secrets/{secret_id}/update",
        f"GET /secrets/{secret_id}",
        f"POST /secrets/{secret_id}/update",
    ]


def test_labels_that_are_right_already_are_not_written(engine: Engine) -> None:
    found = find(engine, engine.secret(labels={"a": "1"})[0])
    engine.transport.calls.clear()
    assert not engine.swarm.update_secret_labels(found, lambda labels: labels)
    assert engine.transport.calls == []


def test_a_race_for_labels_is_given_up_in_the_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MAX_TRIES", 1)
    stale = find(engine, engine.secret()[0])
    engine.swarm.update_secret_labels(stale, lambda _: {"theirs": "1"})
    with pytest.raises(errors.OutOfSequenceError):
        engine.swarm.update_secret_labels(stale, lambda _: {"ours": "2"})


def test_a_secret_in_use_stays_and_the_error_names_the_service(engine: Engine) -> None:
    secret = engine.secret()
    name = engine.name("user")
    service_id = engine.service(small_spec(name, [reference(secret)], replicas=0))
    with pytest.raises(errors.InUseError, match=name):
        engine.swarm.remove_secret(secret[0])
    engine.transport.call("DELETE", f"/services/{service_id}")
    engine.swarm.remove_secret(secret[0])
    assert secret[0] not in {one.id for one in engine.swarm.secrets()}


def test_removing_a_secret_that_is_gone_is_fine(engine: Engine) -> None:
    secret_id, _name = engine.secret()
    engine.swarm.remove_secret(secret_id)
    engine.swarm.remove_secret(secret_id)


# -- services and tasks -------------------------------------------------------------------------


def test_a_service_is_read_as_it_was_made(engine: Engine) -> None:
    secret = engine.secret()
    spec = small_spec(engine.name("svc"), [reference(secret, "file")], replicas=3)
    spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.labels.x==nowhere"]}
    spec["Labels"] = {"swarmvault.wave": "2"}
    service_id = engine.service(spec)
    found = engine.swarm.service(service_id)
    assert (found.id, found.name) == (service_id, spec["Name"])
    assert (found.mode, found.replicas) == ("replicated", 3)
    assert found.labels == {"swarmvault.wave": "2"}
    assert found.references == (Reference(*secret, "file"),)
    assert found.previous_references == ()
    assert (found.update_state, found.update_message, found.update_started) == (None, "", "")
    assert found.raw_spec == engine.raw(service_id)["Spec"]
    assert found.raw_previous_spec is None
    assert engine.swarm.services([service_id]) == [found]


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ({"Global": {}}, "global"),
        ({"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}}, "replicated-job"),
        ({"GlobalJob": {}}, "global-job"),
    ],
)
def test_the_mode_of_a_service_is_told(
    engine: Engine, mode: dict[str, dict[str, int]], name: str
) -> None:
    spec = {**small_spec(engine.name("svc"), []), "Mode": mode}
    del spec["UpdateConfig"], spec["RollbackConfig"]
    del spec["TaskTemplate"]["RestartPolicy"]
    spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.labels.x==nowhere"]}
    found = engine.swarm.service(engine.service(spec))
    assert (found.mode, found.replicas) == (name, None)
    assert found.is_job == name.endswith("-job")


def test_services_are_filtered_in_one_request(engine: Engine) -> None:
    ids = [engine.service(small_spec(engine.name("s"), [], replicas=0)) for _i in range(3)]
    engine.transport.calls.clear()
    found = engine.swarm.services([*ids[:2], "there-is-no-such-id"])
    assert {service.id for service in found} == set(ids[:2])
    assert engine.transport.calls == ["GET /services"]
    assert set(ids) <= {service.id for service in engine.swarm.services()}


def test_a_prefix_of_an_id_is_not_that_id(engine: Engine) -> None:
    service_id = engine.service(small_spec(engine.name("s"), [], replicas=0))
    raw = engine.transport.call("GET", "/services", {"filters": f'{{"id":["{service_id[:20]}"]}}'})
    assert [one["ID"] for one in raw] == [service_id], "the engine's filter takes prefixes"
    assert engine.swarm.services([service_id[:20]]) == []


def filters(engine: Engine) -> list[t.Any]:
    """Return the filters of the calls since the last time."""
    sent = [json.loads(one["filters"]) if one else None for one in engine.transport.parameters]
    engine.transport.parameters.clear()
    return sent


def test_the_engine_is_asked_for_what_is_wanted_only(engine: Engine) -> None:
    service_id = engine.service(small_spec(engine.name("s"), [], replicas=0))
    filters(engine)
    engine.swarm.services()
    engine.swarm.services([service_id])
    engine.swarm.tasks([service_id], live_only=True)
    engine.swarm.tasks([service_id], live_only=False)
    assert filters(engine) == [
        None,
        {"id": [service_id]},
        {"desired-state": ["ready", "running"], "service": [service_id]},
        {"service": [service_id]},
    ]


def test_many_ids_make_no_long_address(engine: Engine) -> None:
    service_id = engine.service(small_spec(engine.name("s"), [], replicas=0))
    most = [service_id, *(f"{number:025}" for number in range(99))]
    for ids, filtered in ((most, True), ([*most, "more"], False)):
        filters(engine)
        assert [one.id for one in engine.swarm.services(ids)] == [service_id]
        assert (filters(engine) != [None]) is filtered
    assert engine.swarm.tasks([*most, "more"], live_only=True) == []
    assert filters(engine) == [{"desired-state": ["ready", "running"]}]


def test_no_ids_need_no_request(engine: Engine) -> None:
    engine.transport.calls.clear()
    assert engine.swarm.services([]) == []
    assert engine.swarm.tasks([], live_only=True) == []
    assert engine.transport.calls == []


def test_a_service_that_is_gone_is_told_apart(engine: Engine) -> None:
    service_id = engine.service(small_spec(engine.name("s"), [], replicas=0))
    service = engine.swarm.service(service_id)
    engine.transport.call("DELETE", f"/services/{service_id}")
    with pytest.raises(errors.DockerNotFoundError):
        engine.swarm.service(service_id)
    with pytest.raises(errors.DockerNotFoundError):
        engine.swarm.update_service(service, service.raw_spec)


def test_a_service_that_is_gone_does_not_hide_the_tasks_of_others(engine: Engine) -> None:
    spec = small_spec(engine.name("s"), [])
    spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.labels.x==nowhere"]}
    service_id = engine.service(spec)
    other = engine.service({**spec, "Name": engine.name("other")})
    found = engine.swarm.tasks([service_id, "gone"], live_only=True)
    assert {task.service_id for task in found} == {service_id}
    assert other not in {task.service_id for task in found}


def test_a_stale_update_is_out_of_sequence(engine: Engine) -> None:
    service_id = engine.service(small_spec(engine.name("s"), [], replicas=0))
    stale = engine.swarm.service(service_id)
    engine.update(service_id, lambda service: {**service.raw_spec, "Labels": {"theirs": "1"}})
    with pytest.raises(errors.OutOfSequenceError):
        engine.swarm.update_service(stale, stale.raw_spec)
    with pytest.raises(errors.OutOfSequenceError):
        engine.swarm.rollback_service(stale)
    assert engine.swarm.service(service_id).labels == {"theirs": "1"}


def test_a_service_that_was_never_updated_cannot_be_rolled_back(engine: Engine) -> None:
    service_id = engine.service(small_spec(engine.name("s"), [], replicas=0))
    with pytest.raises(errors.DockerError, match="does not have a previous spec") as caught:
        engine.swarm.rollback_service(engine.swarm.service(service_id))
    assert not caught.value.transient


def test_a_reference_to_a_secret_that_is_gone_is_refused(engine: Engine) -> None:
    secret = engine.secret()
    engine.swarm.remove_secret(secret[0])
    with pytest.raises(errors.DockerError, match=f"secret not found: {secret[1]}") as caught:
        engine.service(small_spec(engine.name("s"), [reference(secret)]))
    assert caught.value.status == 400


def test_one_client_serves_several_threads(engine: Engine) -> None:
    service_id = engine.service(small_spec(engine.name("s"), [], replicas=0))

    def read(number: int) -> str:
        if number % 2:
            return engine.swarm.services([service_id])[0].id
        return engine.swarm.service(service_id).id

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert set(pool.map(read, range(200))) == {service_id}
