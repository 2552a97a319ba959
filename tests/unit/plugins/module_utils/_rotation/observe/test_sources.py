# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of the sources, and whom a source that fails concerns."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping, Sequence

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceError,
    SourceUnreachableError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.sources import (
    observe_sources,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SourceState,
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.errors import LoginError
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    SourceVersion,
    VaultSource,
)

from tests.unit.plugins.module_utils._rotation.builders import (
    at,
    observation,
    options,
    plain_source,
    plan,
    request,
    swarm,
    version,
)

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
        SecretRequest,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import SwarmSecret

DOWN = SourceUnreachableError("Vault is sealed.")


@dataclasses.dataclass
class Vault:
    """Sources, by path and field, and what was asked of them."""

    number: int = 1
    values_: Mapping[str, bytes | Exception] = dataclasses.field(default_factory=dict)
    metadata: Exception | None = None
    read: list[str] = dataclasses.field(default_factory=list)

    def versions(self, sources: Iterable[VaultSource]) -> dict[VaultSource, t.Any]:
        return {
            one: self.metadata or SourceVersion(self.number, at(self.number)) for one in sources
        }

    def values(self, sources: Mapping[VaultSource, SourceVersion]) -> dict[VaultSource, t.Any]:
        found: dict[VaultSource, t.Any] = {}
        for source, known in sources.items():
            name = f"{source.path}:{source.field}"
            self.read.append(name)
            value = self.values_.get(name, b"new")
            found[source] = (
                value if isinstance(value, Exception) else SourceValue(SecretValue(value), known)
            )
        return found

    def held_leases(self) -> frozenset[str]:
        return frozenset()

    def revoke(self, lease_ids: t.Collection[str]) -> dict[str, Exception | None]:
        return dict.fromkeys(lease_ids)


def seen(
    vault: Vault, state: SwarmState, *asked: SecretRequest, **more: t.Any
) -> dict[str, SourceState]:
    before = observation(state, requests=asked or [request()])
    found = observe_sources(before, options(**more), vault)
    return {one.name: one.source for one in found}


def errors(found: Mapping[str, SourceState]) -> dict[str, Exception | None]:
    return {name: one.error for name, one in found.items()}


@pytest.mark.case("R5")
def test_a_source_that_fails_concerns_its_own_secret() -> None:
    broken = SourceError("there is no field 'password'.")
    vault = Vault(2, {"shop/db:password": broken})
    found = seen(vault, swarm(version("db", 1), version("api", 1)), request(), request("api"))
    assert errors(found) == {"db": broken, "api": None}
    assert found["api"].value == SecretValue(b"new")


@pytest.mark.case("V5")
def test_a_read_that_times_out_concerns_its_own_path() -> None:
    late = SourceUnreachableError("no answer within 2 s.")
    vault = Vault(2, {"shop/db:password": late})
    found = seen(vault, swarm(version("db", 1), version("api", 1)), request(), request("api"))
    assert errors(found) == {"db": late, "api": None}


@pytest.mark.parametrize("value", [b"", b"x" * 512_000], ids=["empty", "too large"])
def test_a_value_that_no_secret_can_hold_concerns_its_own_secret(value: bytes) -> None:
    vault = Vault(2, {"shop/db:password": value})
    found = seen(vault, swarm(), request(), request("api"))
    assert "its value" in str(found["db"].error)
    assert found["db"].value is None
    assert found["api"].error is None


@pytest.mark.parametrize("error", [DOWN, LoginError("permission denied.")])
def test_where_vault_serves_nothing_nothing_is_changed(error: Exception) -> None:
    asked: Sequence[SecretRequest] = (
        request(),
        request("api"),
        request("x", data="1", source=None),
    )
    with pytest.raises(SourceError, match=r"Nothing was changed. db, api: ") as caught:
        seen(Vault(metadata=error), swarm(), *asked)
    assert isinstance(caught.value, SourceUnreachableError) is (error is DOWN)
    kept = seen(Vault(metadata=error), swarm(), *asked, on_source_error="keep")
    assert errors(kept) == {"db": error, "api": error, "x": None}


def test_what_needs_no_value_is_not_concerned_by_an_outage_half_way() -> None:
    vault = Vault(1, {"shop/db:password": DOWN})
    found = seen(vault, swarm(version("api", 1)), request(), request("api"))
    assert errors(found) == {"db": DOWN, "api": None}
    assert vault.read == ["shop/db:password"]


def test_all_fields_of_a_path_are_read_at_one_version() -> None:
    asked = [request(name, source=plain_source(field=name)) for name in ("user", "password")]
    found = seen(Vault(3), swarm(), *asked)
    assert {one.version for one in found.values()} == {3}


BAD = {"status": "quarantined", "failed_on": "web"}
BOTH = [request(name, source=plain_source(field=name)) for name in ("user", "password")]


def pair(name: str, number: int, **more: t.Any) -> SwarmSecret:
    return version(name, number, source=plain_source(field=name), **more)


@pytest.mark.case("S7")
def test_what_is_known_to_be_rejected_is_not_read_again_nor_what_goes_with_it() -> None:
    # The source's version 2 was noted on the rejected password; the user is held by it.
    vault = Vault(2)
    state = swarm(pair("user", 1), pair("password", 1), pair("password", 2, **BAD))

    found = seen(vault, state, *BOTH)

    assert vault.read == []
    assert found["user"].held_by == "password"
    made = plan(state, found, BOTH)
    assert [one.action for one in made.secrets] == ["quarantined", "quarantined"]
    assert "together with password" in made.secrets[0].reason
    assert not made.changes

    seen(vault, state, *BOTH, force=True)
    assert sorted(vault.read) == ["shop/db:password", "shop/db:user"]


@pytest.mark.case("S7")
def test_a_field_that_is_up_to_date_is_not_held_by_one_that_is_rejected() -> None:
    state = swarm(pair("user", 1, source_version=2), pair("password", 2, **BAD))
    found = seen(Vault(2), state, *BOTH)
    assert found["user"].held_by is None
