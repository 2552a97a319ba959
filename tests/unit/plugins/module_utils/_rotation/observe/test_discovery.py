# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels choose one of several Vaults, and services differ in what they may have."""

from __future__ import annotations

import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.discovery import (
    Discovery,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.allowed_paths import (
    AllowedPaths,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.scope import (
    Scope,
    scope_of,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.unit.plugins.module_utils._rotation.builders import secret, service, swarm, version

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
        SwarmState,
    )

HERE = {"vault_path": "shop/here"}
THERE = {"vault_path": "shop/there", "vault_connection": "there"}
BOTH = swarm(secret("one", HERE), secret("two", THERE))


def discovered(state: SwarmState, discovery: Discovery) -> Scope:
    return scope_of([], state, AllowedPaths(), discover=True, sources=True, discovery=discovery)


def names(scope: Scope) -> list[str]:
    return [request.name for request in scope.requests]


def test_a_run_is_for_the_secrets_of_its_own_vault() -> None:
    ours = discovered(BOTH, Discovery(others=["there"]))
    theirs = discovered(BOTH, Discovery("there", others=["default"]))
    assert (names(ours), ours.warnings) == (["one"], ())
    assert (names(theirs), theirs.warnings) == (["two"], ())


def test_a_new_version_says_which_vault_it_is_of() -> None:
    (request,) = discovered(BOTH, Discovery("there", others=["default"])).requests
    assert request.labels == {"vault_connection": "there"}
    (request,) = discovered(BOTH, Discovery(others=["there"])).requests
    assert request.labels == {}


def test_a_vault_that_nobody_knows_leaves_its_secret_alone_and_is_told() -> None:
    scope = discovered(BOTH, Discovery())
    assert names(scope) == ["one"]
    (warning,) = scope.warnings
    assert "secret two is left as it is" in warning
    assert "'there', and the run knows default" in warning


def test_where_the_usual_vault_is_not_known_a_secret_without_a_label_says_so() -> None:
    (warning,) = discovered(swarm(secret("one", HERE)), Discovery("there")).warnings
    assert "no label vault_connection, which means the Vault 'default'" in warning


def test_what_others_made_lies_at_the_usual_mount_of_the_vault() -> None:
    state = swarm(
        secret("by_hand", HERE),
        secret("with_mount", {**HERE, "vault_mount": "team"}),
        secret("odd", {"vault_path": "team/creds/x", "vault_engine": "read"}),
        version("ours", 1),
    )
    paths = ("kv/*", "team/*", "secret/*")
    scope = scope_of(
        [], state, AllowedPaths(paths), discover=True, sources=True, discovery=Discovery(mount="kv")
    )
    found = {one.name: one.source.location for one in scope.requests if one.source}
    assert found == {
        "by_hand": "kv/shop/here",
        "with_mount": "team/shop/here",
        "odd": "team/creds/x",
        # The collection leaves out what is its own default.
        "ours": f"secret/{version('ours', 1).labels['vault_path']}",
    }


def test_it_is_asked_with_all_services_that_use_any_version_whether_they_may() -> None:
    asked: dict[str, list[str]] = {}

    def refuse(_source: t.Any, logical: t.Any, services: t.Sequence[t.Any]) -> str | None:
        asked[logical.name] = [one.name for one in services]
        return "nobody may have it" if logical.name == "two" else None

    state = swarm(
        secret("one", HERE),
        secret("two", HERE),
        version("db", 1),
        version("db", 2),
        service("web", "db_v1"),
        service("api", "db_v2", "one"),
    )
    scope = discovered(state, Discovery(refuse=refuse))
    assert asked == {"one": ["api"], "two": [], "db": ["web", "api"]}
    assert "two is left as it is: nobody may have it." in scope.warnings[0]
    assert sorted(names(scope)) == ["db", "one"]


def test_labels_are_changed_for_the_run_only() -> None:
    state = swarm(secret("two", THERE))
    discovered(state, Discovery("there", mount="kv"))
    assert state.secret("two").labels == THERE
    assert VaultSource("x").mount == "secret"
