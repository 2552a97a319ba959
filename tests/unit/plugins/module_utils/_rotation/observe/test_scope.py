# SPDX-License-Identifier: GPL-3.0-or-later
"""Which logical secrets a run is about, and where their values come from."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.allowed_paths import (
    AllowedPaths,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.scope import (
    Scope,
    scope_of,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    SwarmState,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.unit.plugins.module_utils._rotation.builders import (
    data_version,
    managed_labels,
    plain_source,
    request,
    secret,
    swarm,
    version,
)

LABELLED = {"vault_path": "shop/api", "vault_field": "key"}


def scope(
    state: SwarmState,
    *requests: SecretRequest,
    discover: bool = True,
    paths: tuple[str, ...] | None = None,
) -> Scope:
    return scope_of(requests, state, AllowedPaths(paths), discover=discover, sources=True)


def found(state: SwarmState, *requests: SecretRequest) -> dict[str, VaultSource | None]:
    return {item.name: item.source for item in scope(state, *requests).requests}


def test_a_secret_made_by_hand_is_discovered_by_its_label_alone() -> None:
    assert found(swarm(secret("api", LABELLED))) == {"api": VaultSource("shop/api", "key")}


def test_a_managed_secret_is_discovered_under_its_logical_name_once() -> None:
    state = swarm(secret("db", LABELLED), version("db", 1), version("db", 2))
    assert found(state) == {"db": plain_source()}


def test_what_carries_no_path_is_not_discovered() -> None:
    state = swarm(secret("api", {"vault_field": "key"}), secret("x"), data_version("db", 1, "one"))
    assert found(state) == {}


def test_nothing_is_discovered_unless_asked_for() -> None:
    assert scope(swarm(secret("api", LABELLED)), discover=False) == Scope(())


def test_what_the_task_says_goes_before_the_labels() -> None:
    asked = request("api", source=VaultSource("elsewhere"))
    assert found(swarm(secret("api", LABELLED)), asked) == {"api": VaultSource("elsewhere")}


def test_a_listed_secret_without_a_source_takes_it_from_its_labels() -> None:
    asked = request("api", source=None)
    made = scope(swarm(secret("api", LABELLED)), asked, discover=False)
    assert made.requests[0].source == VaultSource("shop/api", "key")


def test_a_listed_secret_with_data_stays_with_its_data() -> None:
    asked = request("api", data="one", source=None)
    assert scope(swarm(secret("api", LABELLED)), asked, discover=False).requests == (asked,)


@pytest.mark.case("R5")
def test_labels_that_make_no_sense_are_a_problem_of_their_own_secret() -> None:
    state = swarm(secret("api", {**LABELLED, "vault_engine": "kv3"}), secret("ok", LABELLED))
    asked = [request(name, source=None) for name in ("api", "ok")]
    made = scope(state, *asked, discover=False)
    assert [item.name for item in made.requests] == ["api", "ok"]
    assert list(made.problems) == ["api"]
    assert "kv3" in str(made.problems["api"])


@pytest.mark.case("R5")
@pytest.mark.parametrize(
    ("name", "labels", "because"),
    [
        ("api", {"vault_engine": "kv3"}, "kv3"),
        ("api", {"vault_version": "two"}, "vault_version"),
        ("api", {"vault_params": "[]"}, "vault_params is not a JSON object"),
        ("a" * 62, {}, "65 characters"),
    ],
)
def test_a_discovered_secret_with_a_broken_label_has_a_problem_and_stops_no_other(
    name: str, labels: dict[str, str], because: str
) -> None:
    state = swarm(secret(name, {**LABELLED, **labels}), secret("ok", LABELLED))
    made = scope(state)
    assert {item.name: item.source is not None for item in made.requests} == {
        name: False,
        "ok": True,
    }
    assert list(made.problems) == [name]
    assert because in str(made.problems[name])
    assert made.warnings == ()


def test_a_discovered_secret_with_a_driver_stays_with_it() -> None:
    driven = secret("api", LABELLED, driver="vault-secrets-plugin:latest")
    made = scope(swarm(driven, secret("ok", LABELLED)))
    assert {item.name: item.driver for item in made.requests} == {
        "api": "vault-secrets-plugin:latest",
        "ok": "",
    }
    assert made.warnings == ()


@pytest.mark.parametrize(
    ("labels", "because"),
    [
        ({"vault_type": "vault_token"}, "makes a vault_token for each task"),
        ({"vault_connection": "eu"}, "names the Vault 'eu'"),
        ({"vault_engine": "read", "vault_path": "database/creds/shop"}, "which has no versions"),
    ],
)
def test_one_whose_driver_serves_what_has_no_versions_is_left_with_a_warning(
    labels: dict[str, str], because: str
) -> None:
    driven = secret("api", {**LABELLED, **labels}, driver="shelf")
    paths = ("secret/**", "database/creds/shop")
    made = scope(swarm(driven, secret("ok", LABELLED)), paths=paths)
    assert [item.name for item in made.requests] == ["ok"]
    (warning,) = made.warnings
    assert warning.startswith("Discovered secret api is left as it is: ")
    assert because in warning


def test_a_listed_secret_stays_with_what_serves_its_newest_version() -> None:
    served = secret("api_v1", managed_labels("api", 1), driver="shelf")
    stored = version("db", 1)
    asked = [request("api"), request("db"), request("new"), request("db2", driver="")]
    made = scope(swarm(served, stored), *asked, discover=False)
    assert {item.name: item.driver for item in made.requests} == {
        "api": "shelf",
        "db": None,
        "new": None,
        "db2": "",
    }


OTHERS = {"vault_path": "pay/db", "vault_field": "password"}


@pytest.mark.case("V1")
@pytest.mark.parametrize(
    ("labels", "because"),
    [
        (OTHERS, "lacks secret/pay/db"),
        ({"vault_engine": "read", "vault_path": "auth/token/lookup-self"}, "never a source"),
        ({"vault_mount": "sys", "vault_path": "raw/x"}, "never a source"),
        ({"vault_path": "shop/../pay/db"}, "shop/../pay/db"),
        ({"vault_path": "shop//db"}, "shop//db"),
        ({"vault_path": "pay/db", "vault_version": "two"}, "lacks secret/pay/db"),
        (
            {"vault_engine": "pki", "vault_path": "pki/config/urls", "vault_field": "certificate"},
            "issues certificates",
        ),
    ],
)
def test_labels_that_ask_for_too_much_concern_their_own_secret_alone(
    labels: dict[str, str], because: str
) -> None:
    state = swarm(secret("theirs", labels), secret("api", LABELLED))

    made = scope(state, paths=("secret/shop/*",))

    assert [item.name for item in made.requests] == ["api"]
    (warning,) = made.warnings
    assert warning.startswith("Discovered secret theirs is left as it is: ")
    assert because in warning
    asked = request("theirs", source=None)
    listed = scope(state, asked, discover=False, paths=("secret/shop/*",))
    error = listed.problems["theirs"]
    assert because in str(error)
    assert "secret theirs" in str(error)
    assert "discover_paths" in error.remedy
    assert listed.requests == (asked,)


@pytest.mark.case("V1")
def test_what_the_task_itself_names_is_not_bounded_by_what_labels_may_name() -> None:
    asked = request("api", source=VaultSource("pay/db"))
    made = scope(swarm(secret("api", OTHERS)), asked, paths=("secret/shop/*",))
    assert (made.requests, made.warnings) == ((asked,), ())


def test_sources_are_not_looked_at_where_no_value_is_needed() -> None:
    state = swarm(secret("api", {**LABELLED, "vault_engine": "kv3"}))
    asked = request("api", source=None)
    assert scope_of([asked], state, AllowedPaths(), discover=False, sources=False).requests == (
        asked,
    )


def test_a_logical_secret_named_like_a_version_is_discovered_beside_it() -> None:
    state = swarm(version("db", 1), version("db_v1", 1), secret("db_v", LABELLED))
    assert list(found(state)) == ["db", "db_v", "db_v1"]
