# SPDX-License-Identifier: GPL-3.0-or-later
"""Small builders of what a run observes, in the form the engine answers, read by the real parsers.

A secret's ID is made of its name, so that a failed comparison can be read.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from ansible_collections.swarmvault.secrets.plugins.module_utils._common import fingerprint
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.consumers import (
    find_rejected,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.observation import (
    observed,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    Observation,
    SourceState,
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.decision import (
    Decision,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.decision import (
    decide as real_decide,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import Plan
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.present import (
    plan_present,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    Options,
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
    Service,
    SwarmSecret,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.responses import (
    parse_secret,
    parse_service,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

#: With a key fingerprints are quick; without one each takes some 50 ms.
KEY = SecretValue(b"a key that only the tests know")
#: If this turns up in any text, a value leaks.
CANARY = "canary-value-7f3a"

CREATED = "2026-01-01T00:00:00.000000001Z"
LATER = "2026-01-02T00:00:00.000000001Z"
#: The time of day of a run.
NOW = datetime(2026, 1, 3, tzinfo=UTC)


def secret_id(name: str) -> str:
    """Return the ID of the secret of that name."""
    return f"id-of-{name}"


def at(number: int) -> str:
    """Return the creation time of a KV v2 version."""
    return f"2025-06-{number:02d}T12:00:00.123456789Z"


def plain_source(path: str = "shop/db", **more: t.Any) -> VaultSource:
    """Return a KV v2 source with a field."""
    return VaultSource(path=path, field=more.pop("field", "password"), **more)


def own_source(logical: str) -> VaultSource:
    """Return a source that no other secret shares a path with."""
    return plain_source(f"shop/{logical}")


def secret(
    name: str,
    labels: Mapping[str, str] | None = None,
    created_at: str = CREATED,
    driver: str | None = None,
) -> SwarmSecret:
    """Return a Swarm secret as ``GET /secrets`` lists it."""
    spec: dict[str, t.Any] = {"Name": name, "Labels": dict(labels or {})}
    if driver:
        spec["Driver"] = {"Name": driver}
    return parse_secret(
        {
            "ID": secret_id(name),
            "Version": {"Index": 11},
            "CreatedAt": created_at,
            "UpdatedAt": created_at,
            "Spec": spec,
        }
    )


def managed_labels(  # noqa: PLR0913 - each is one label
    logical: str,
    number: int,
    *,
    status: str = secret_labels.ACTIVE,
    source: VaultSource | None = None,
    source_version: int | None = None,
    value: str | None = None,
    failed_on: str = "",
    group: str = "",
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the labels of a version; by default of KV v2 version ``number`` of own_source()."""
    labels = {
        **(more or {}),
        **secret_labels.source_labels(source or own_source(logical)),
        secret_labels.NAME: logical,
        secret_labels.VERSION: str(number),
        secret_labels.STATUS: status,
    }
    shown = number if source_version is None else source_version
    if shown:
        labels |= {secret_labels.SOURCE_VERSION: str(shown), secret_labels.SOURCE_TIME: at(shown)}
    if value is not None:
        labels[secret_labels.FINGERPRINT] = fingerprint.make(SecretValue(value.encode()), KEY)
    if failed_on:
        labels[secret_labels.FAILED_ON] = failed_on
    if group:
        labels[secret_labels.GROUP] = group
    return labels


def version(logical: str, number: int, **more: t.Any) -> SwarmSecret:
    """Return the Swarm secret of one version."""
    created_at = more.pop("created_at", CREATED)
    return secret(f"{logical}_v{number}", managed_labels(logical, number, **more), created_at)


def data_version(logical: str, number: int, value: str, **more: t.Any) -> SwarmSecret:
    """Return the Swarm secret of a version whose value was handed over as data."""
    labels = managed_labels(logical, number, value=value, **more)
    for key in (
        *secret_labels.source_labels(plain_source()),
        secret_labels.SOURCE_VERSION,
        secret_labels.SOURCE_TIME,
    ):
        labels.pop(key, None)
    return secret(f"{logical}_v{number}", labels)


def reference(name: str, target: str | None = None) -> dict[str, t.Any]:
    """Return one entry of ContainerSpec.Secrets; the target is the logical name by default."""
    file_name = target if target is not None else name.rsplit("_v", 1)[0]
    return {
        "File": {"Name": file_name, "UID": "33", "GID": "33", "Mode": 256},
        "SecretID": secret_id(name),
        "SecretName": name,
    }


def spec(  # noqa: PLR0913 - each is one field
    name: str,
    secrets: Iterable[str | Mapping[str, t.Any]],
    *,
    mode: str = "Replicated",
    replicas: int = 2,
    labels: Mapping[str, str] | None = None,
    image: str = "shop:1",
) -> dict[str, t.Any]:
    """Return a service spec with some of everything, as the engine gives it."""
    entries = [item if isinstance(item, Mapping) else reference(item) for item in secrets]
    modes: dict[str, dict[str, t.Any]] = {
        "Replicated": {"Replicas": replicas},
        "Global": {},
        "ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1},
        "GlobalJob": {},
    }
    container: dict[str, t.Any] = {
        "Image": image,
        "Env": ["DB_HOST=db", "MODE=production"],
        "Labels": {"com.example.part": "web"},
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 1000000000},
        "Mounts": [{"Type": "volume", "Source": "data", "Target": "/data"}],
        "Isolation": "default",
        "Configs": [
            {"File": {"Name": "/app.ini"}, "ConfigID": "id-of-app.ini", "ConfigName": "app.ini"}
        ],
    }
    if entries:
        container["Secrets"] = entries
    return {
        "Name": name,
        "Labels": dict(labels or {}),
        "TaskTemplate": {
            "ContainerSpec": container,
            "Resources": {"Limits": {"MemoryBytes": 67108864}},
            "RestartPolicy": {"Condition": "any", "Delay": 5000000000},
            "Placement": {"Constraints": ["node.role==worker"]},
            "Networks": [{"Target": "id-of-backend", "Aliases": ["web"]}],
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "10m"}},
            "ForceUpdate": 3,
            "Runtime": "container",
        },
        "Mode": {mode: modes[mode]},
        "UpdateConfig": {"Parallelism": 1, "FailureAction": "pause", "Monitor": 5000000000},
        "EndpointSpec": {"Mode": "dnsrr", "Ports": [{"TargetPort": 80, "PublishMode": "host"}]},
        "AFieldOfTheFuture": {"Kept": True},
    }


def service(
    name: str,
    *secrets: str | Mapping[str, t.Any],
    previous: Sequence[str | Mapping[str, t.Any]] | None = None,
    state: str | None = None,
    started: str = "",
    **more: t.Any,
) -> Service:
    """Return a service as ``GET /services`` lists it.

    :param previous: secrets of the spec before; None: there is none.
    :param state: state of its last update.
    """
    document: dict[str, t.Any] = {
        "ID": f"id-of-{name}",
        "Version": {"Index": 21},
        "CreatedAt": CREATED,
        "Spec": spec(name, secrets, **more),
    }
    if previous is not None:
        document["PreviousSpec"] = spec(name, previous, **more)
    if state is not None:
        document["UpdateStatus"] = {"State": state, "Message": f"it is {state}"}
        if started:
            document["UpdateStatus"]["StartedAt"] = started
    return parse_service(document)


#: The state of a source that was not looked at.
UNREAD = SourceState()


def swarm(*things: SwarmSecret | Service) -> SwarmState:
    """Return the state of a Swarm that holds these."""
    return SwarmState.of(
        [thing for thing in things if isinstance(thing, SwarmSecret)],
        [thing for thing in things if isinstance(thing, Service)],
    )


def request(name: str = "db", **more: t.Any) -> SecretRequest:
    """Return the request for a secret from own_source(), unless told otherwise."""
    if "data" in more:
        more["data"] = SecretValue(more["data"].encode())
    else:
        more.setdefault("source", own_source(name))
    return SecretRequest(name=name, **more)


def holds(number: int | None = None, value: str | None = None) -> SourceState:
    """Return the state of a source: KV v2 version, and the value where it was read."""
    return SourceState(
        version=number,
        created_time=at(number) if number else None,
        value=SecretValue(value.encode()) if value is not None else None,
    )


def options(**more: t.Any) -> Options:
    """Return options with the tests' key."""
    more.setdefault("hash_key", KEY)
    return Options(**more)


def decide(
    state: SwarmState,
    source: SourceState,
    asked: SecretRequest | None = None,
    rejected_by: Mapping[str, str] | None = None,
    **more: t.Any,
) -> Decision:
    """Decide on one secret of a Swarm."""
    seen = observation(state, source, [asked or request()], rejected_by)
    return real_decide(seen.secrets[0], options(**more), seen.rejected_by)


def observation(
    state: SwarmState,
    sources: SourceState | Mapping[str, SourceState] = UNREAD,
    requests: Sequence[SecretRequest] | None = None,
    rejected_by: Mapping[str, str] | None = None,
) -> Observation:
    """Return what a run has seen, of the secret ``db`` unless told otherwise."""
    asked = list(requests) if requests is not None else [request()]
    by_name = sources if isinstance(sources, Mapping) else {item.name: sources for item in asked}
    if rejected_by is None:
        rejected_by = find_rejected([item.name for item in asked], state)
    secrets = tuple(
        item._replace(source=by_name[item.name]) for item in observed(asked, state, rejected_by)
    )
    return Observation(state, secrets, rejected_by, NOW)


def plan(
    state: SwarmState,
    sources: SourceState | Mapping[str, SourceState],
    requests: Sequence[SecretRequest] | None = None,
    **more: t.Any,
) -> Plan:
    """Plan ``state: present`` as a run does, for the secret ``db`` unless told otherwise."""
    return plan_present(observation(state, sources, requests), options(**more))


def actions(made: Plan) -> dict[str, str]:
    """Return what becomes of each service of a plan."""
    return {item.service.name: item.action for item in made.consumers}


def moves(made: Plan) -> dict[str, dict[str, str | None]]:
    """Return for each updated service which secrets it leaves, and for which it leaves them."""
    names = {item.name: item.current_name for item in made.secrets}
    return {
        item.service.name: {swap.old.secret_name: names[swap.logical] for swap in item.swaps}
        for item in made.consumers
        if item.action == "update"
    }


def names(things: Iterable[t.Any]) -> list[str]:
    """Return the Swarm names of versions."""
    return [item.secret.name for item in things]
