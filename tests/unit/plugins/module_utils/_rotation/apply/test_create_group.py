# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs that make the versions of one group at once end with one whole group."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Mapping

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.clock import SystemClock
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    DockerError,
    NameTakenError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply import (
    create_group as module,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.payload import Stored
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.plan.model import (
    NewVersion,
)

from tests.unit.plugins.module_utils._rotation.builders import (
    KEY,
    managed_labels,
    plain_source,
    secret,
    secret_id,
    version,
)

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import (
        SwarmClient,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import SwarmSecret

SOURCES = {name: plain_source(field=name) for name in ("password", "user")}


class Time(SystemClock):
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.waited = 0.0

    def monotonic(self) -> float:
        return self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


@dataclasses.dataclass
class Secrets:
    """The secrets of a Swarm; before each listing, what another run does meanwhile."""

    there: dict[str, SwarmSecret] = dataclasses.field(default_factory=dict)
    meanwhile: list[Callable[[], None]] = dataclasses.field(default_factory=list)
    removed: list[str] = dataclasses.field(default_factory=list)

    def add(self, *made: SwarmSecret) -> None:
        self.there.update({one.name: one for one in made})

    def secrets(self) -> list[SwarmSecret]:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return list(self.there.values())

    def create_secret(
        self, name: str, labels: Mapping[str, str], _value: SecretValue, _templating: object
    ) -> str:
        if name in self.there:
            raise NameTakenError(f"{name} is taken")
        self.add(secret(name, labels))
        return secret_id(name)

    def remove_secret(self, found: str) -> None:
        name = found.removeprefix("id-of-")
        del self.there[name]
        self.removed.append(name)


def new(logical: str, source_version: int = 2) -> NewVersion:
    labels = managed_labels(
        logical, 2, source=SOURCES[logical], source_version=source_version, status="pending"
    )
    value = SecretValue(f"{logical} {source_version}".encode())
    return NewVersion(logical, 2, f"{logical}_v2", labels, Stored(value))


def theirs(logical: str, source_version: int, **more: t.Any) -> SwarmSecret:
    more.setdefault("value", f"{logical} {source_version}")
    return version(logical, 2, source=SOURCES[logical], source_version=source_version, **more)


def created(swarm: Secrets) -> module.CreatedGroup:
    return module.create_group(
        t.cast("SwarmClient", swarm), [new("user"), new("password")], KEY, Time()
    )


def names(made: module.CreatedGroup) -> dict[str, str]:
    return {logical: target.name for logical, target in made.targets.items()}


def test_all_of_a_group_are_made() -> None:
    swarm = Secrets()
    assert names(created(swarm)) == {"user": "user_v2", "password": "password_v2"}
    assert sorted(swarm.there) == ["password_v2", "user_v2"]


@pytest.mark.case("R2")
def test_a_newer_group_of_another_run_is_taken_over_as_a_whole() -> None:
    swarm = Secrets()
    swarm.add(theirs("password", 3))
    # The other run makes the second of its group while ours waits for it.
    swarm.meanwhile = [lambda: None, lambda: swarm.add(theirs("user", 3))]
    made = created(swarm)
    assert made.taken_over
    assert names(made) == {"user": "user_v2", "password": "password_v2"}
    assert secret_labels_of(swarm) == {"user_v2": "3", "password_v2": "3"}


@pytest.mark.case("R2")
def test_what_was_made_before_the_newer_one_was_found_is_removed() -> None:
    swarm = Secrets()
    swarm.add(theirs("user", 3))
    swarm.meanwhile = [
        lambda: None,
        lambda: swarm.add(
            version("password", 3, source=SOURCES["password"], source_version=3, value="x")
        ),
    ]
    made = created(swarm)
    assert names(made) == {"user": "user_v2", "password": "password_v3"}
    assert swarm.removed == ["password_v2"]


@pytest.mark.case("R2")
def test_what_the_other_run_only_records_is_taken_over_as_well() -> None:
    swarm = Secrets()
    swarm.add(theirs("password", 3))
    old = version("user", 1, source=SOURCES["user"], source_version=3, value="user 1")
    swarm.meanwhile = [lambda: None, lambda: swarm.add(old)]
    assert names(created(swarm)) == {"user": "user_v1", "password": "password_v2"}


def test_a_group_that_the_other_run_does_not_complete_is_given_up() -> None:
    swarm = Secrets()
    swarm.add(theirs("password", 3))
    with pytest.raises(DockerError, match="made no version of user"):
        created(swarm)


def secret_labels_of(swarm: Secrets) -> dict[str, str]:
    return {name: one.labels["swarmvault.source_version"] for name, one in swarm.there.items()}
