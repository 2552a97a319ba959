# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole spec of a service goes back to the engine: only references differ afterwards."""

from __future__ import annotations

import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import spec as specs

from tests.e2e.swarm.engine import IMAGE, Engine, reference
from tests.e2e.swarm.full_service import Parts, full_spec

Spec = dict[str, t.Any]


def make_full_service(engine: Engine) -> tuple[str, Spec, list[tuple[str, str]]]:
    """Create a service with every setting; return its ID, what was asked for, its secrets."""
    secrets = [engine.secret() for _i in range(3)]
    references = [
        reference(secrets[2], "sub/z_first", UID="1000", GID="1001", Mode=0o400),
        reference(secrets[0], "/absolute/second", Mode=0o4755),
        reference(secrets[1], "third", UID="user", GID="", Mode=0),
        reference(secrets[0], "fourth"),
    ]
    file, runtime = engine.config(), engine.config()
    configs = [
        {
            "File": {"Name": "/etc/app.conf", "UID": "5", "GID": "6", "Mode": 0o640},
            "ConfigID": file[0],
            "ConfigName": file[1],
        },
        {"Runtime": {}, "ConfigID": runtime[0], "ConfigName": runtime[1]},
    ]
    api = engine.transport.call("GET", "/version")["ApiVersion"]
    parts = Parts(IMAGE, references, configs, engine.network())
    spec = full_spec(engine.name("full"), api, parts)
    return engine.service(spec), spec, secrets


def without_references(spec: Spec) -> Spec:
    """Return the spec with the identity of its secrets taken out."""
    for entry in spec["TaskTemplate"]["ContainerSpec"]["Secrets"]:
        del entry["SecretID"], entry["SecretName"]
    return spec


def test_the_spec_of_this_test_sets_all_that_the_engine_knows(engine: Engine) -> None:
    """Else the next tests would prove less than they say."""
    service_id, asked, _secrets = make_full_service(engine)
    bind = asked["TaskTemplate"]["ContainerSpec"]["Mounts"][1]
    del bind["Consistency"]  # macOS only: swarmkit does not keep it
    assert engine.raw(service_id)["Spec"] == asked


def test_a_swap_changes_the_references_and_nothing_else(engine: Engine) -> None:
    service_id, _asked, secrets = make_full_service(engine)
    before = engine.raw(service_id)["Spec"]
    new = engine.secret()
    engine.update(
        service_id,
        lambda service: specs.swap_references(service.raw_spec, {secrets[0][0]: new}),
    )
    after = engine.raw(service_id)

    entries = after["Spec"]["TaskTemplate"]["ContainerSpec"]["Secrets"]
    assert [(entry["SecretID"], entry["SecretName"]) for entry in entries] == [
        secrets[2],
        new,
        secrets[1],
        new,
    ]
    assert specs.differs_only_in_references(before, after["Spec"])
    assert after["PreviousSpec"] == before
    assert without_references(after["Spec"]) == without_references(before)


def test_a_rollback_restores_the_spec(engine: Engine) -> None:
    service_id, _asked, secrets = make_full_service(engine)
    before = engine.raw(service_id)["Spec"]
    new = engine.secret()
    engine.update(
        service_id,
        lambda service: specs.swap_references(service.raw_spec, {secrets[0][0]: new}),
    )
    swapped = engine.raw(service_id)["Spec"]
    engine.go_back(service_id)
    after = engine.raw(service_id)
    assert after["Spec"] == before
    assert after["PreviousSpec"] == swapped, "on request the engine swaps the two"


def test_attaching_and_detaching_changes_the_references_and_nothing_else(engine: Engine) -> None:
    service_id, _asked, _secrets = make_full_service(engine)
    before = engine.raw(service_id)["Spec"]
    new = engine.secret()
    engine.update(
        service_id,
        lambda service: specs.attach_reference(
            service.raw_spec, *new, "/run/late", "7", "8", 0o440
        ),
    )
    attached = engine.raw(service_id)["Spec"]
    assert attached["TaskTemplate"]["ContainerSpec"]["Secrets"][-1] == reference(
        new, "/run/late", UID="7", GID="8", Mode=0o440
    )
    assert specs.differs_only_in_references(before, attached)

    engine.update(service_id, lambda service: specs.detach_reference(service.raw_spec, new[0]))
    assert engine.raw(service_id)["Spec"] == before
