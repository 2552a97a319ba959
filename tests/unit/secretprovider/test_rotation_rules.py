# SPDX-License-Identifier: GPL-3.0-or-later
"""Which secrets the plugin rotates, by the labels of the secrets and of the services that use them."""

from __future__ import annotations

import typing as t

from swarmvault_core._rotation.observe.allowed_paths import AllowedPaths
from swarmvault_core._rotation.observe.scope import Scope, scope_of
from swarmvault_core._rotation.observe.state import SwarmState
from swarmvault_core._swarm.responses import parse_secret, parse_service
from swarmvault_secretprovider.rotation_rules import options_for

from tests.unit.secretprovider.rotation_support import connection, settings

if t.TYPE_CHECKING:
    from swarmvault_core._swarm.model import Service, SwarmSecret
    from swarmvault_secretprovider.settings import Connection

STACK = "com.docker.stack.namespace"
ALMBRAND = "dk.almbrand.docker.plugin.secretprovider.vault."


def secret(name: str, path: str, *, driver: str = "", **labels: str) -> SwarmSecret:
    spec: dict[str, t.Any] = {"Name": name, "Labels": {"vault_path": path, **labels}}
    if driver:
        spec["Driver"] = {"Name": driver}
    return parse_secret({"ID": f"id-{name}", "Spec": spec})


def service(stack: str, name: str, *secrets: str, **labels: str) -> Service:
    entries = [
        {"SecretID": f"id-{one}", "SecretName": one, "File": {"Name": one}} for one in secrets
    ]
    spec = {
        "Name": f"{stack}_{name}",
        "Labels": {STACK: stack, **labels},
        "TaskTemplate": {"ContainerSpec": {"Secrets": entries}},
    }
    return parse_service({"ID": f"id-{stack}-{name}", "Spec": spec})


def scope(of: Connection, *things: SwarmSecret | Service, others: t.Sequence[str] = ()) -> Scope:
    options = options_for(of, settings(of, *(connection(name) for name in others)))
    services = [one for one in things if hasattr(one, "references")]
    secrets = [one for one in things if not hasattr(one, "references")]
    return scope_of(
        [],
        SwarmState.of(t.cast("t.Any", secrets), t.cast("t.Any", services)),
        AllowedPaths(options.discover_paths),
        discover=options.discover,
        sources=True,
        discovery=options.discovery,
    )


def rotated(of: Connection, *things: SwarmSecret | Service, **more: t.Any) -> list[str]:
    return [request.name for request in scope(of, *things, **more).requests]


def test_without_bounds_every_path_of_key_value_version_2_is_rotated_and_no_other() -> None:
    keys = secret("keys", "transit/export/encryption-key/app", vault_engine="read")
    assert rotated(connection(), secret("db", "shop/db"), keys) == ["db"]


def test_a_secret_is_rotated_where_every_service_that_uses_it_may_have_its_path() -> None:
    bounded = connection(allowed_paths=("secret/{stack}/*", "secret/shared/*"))
    ours, theirs = secret("ours", "shop/db"), secret("theirs", "bank/db")
    mixed, common, unused = (
        secret("mixed", "shop/mixed"),
        secret("common", "shared/ca"),
        secret("unused", "shop/unused"),
    )
    found = scope(
        bounded,
        *(ours, theirs, mixed, common, unused),
        service("shop", "web", "ours", "theirs", "mixed", "common"),
        service("bank", "web", "mixed", "common"),
    )
    assert [request.name for request in found.requests] == ["common", "ours"]
    told = " ".join(found.warnings)
    assert "theirs is left as it is" in told
    assert "does not let service shop_web of stack shop have secret/bank/db" in told
    assert "does not let service bank_web of stack bank have secret/shop/mixed" in told
    assert "unused is left as it is" in told


def test_what_a_service_says_of_itself_opens_no_more_than_a_task_of_it_would_get() -> None:
    bounded = connection(allowed_paths=("secret/{label:team}/*",))
    assert rotated(bounded, secret("db", "bank/db"), service("x", "a", "db", team="*")) == []
    assert rotated(bounded, secret("db", "bank/db"), service("x", "a", "db", team="bank")) == ["db"]
    assert rotated(bounded, secret("db", "bank/db"), service("x", "a", "db")) == []


def test_a_pattern_with_a_word_covers_no_more_paths_than_it_does_for_tasks() -> None:
    bounded = connection(allowed_paths=("secret/{service}",))
    deeper = secret("db", "shop_web/deeper/db")
    assert rotated(bounded, deeper, service("shop", "web", "db")) == []
    assert rotated(bounded, secret("db", "shop_web"), service("shop", "web", "db")) == ["db"]


def test_where_tasks_are_served_with_tokens_of_their_own_nothing_is_read_with_the_plugins() -> None:
    found = scope(connection(task_policies=("{service}",)), secret("db", "shop/db"))
    assert found.requests == ()
    assert "VAULT_TASK_POLICIES is set" in found.warnings[0]


def test_what_the_plugin_serves_is_rotated_with_its_labels_whatever_tokens_tasks_have() -> None:
    eu = connection("eu", mount="kv", task_policies=("{service}",))
    driver = "vault-secrets-plugin:latest"
    served = secret("db", "shop/db", driver=driver, vault_connection="eu", vault_field="password")
    (request,) = scope(eu, served, others=["default"]).requests
    assert request.driver == driver
    assert request.source is not None
    assert request.source.location == "kv/shop/db"
    assert request.labels == {"vault_connection": "eu"}


def test_a_secret_with_labels_of_the_older_plugin_is_left_alone() -> None:
    assert rotated(connection(), secret("db", "shop/db", **{f"{ALMBRAND}type": "secret"})) == []


def test_labels_choose_the_vault() -> None:
    here, there = secret("here", "shop/db"), secret("there", "shop/db", vault_connection="eu")
    assert rotated(connection(), here, there, others=["eu"]) == ["here"]
    assert rotated(connection("eu"), here, there, others=["default"]) == ["there"]


def test_the_usual_mount_is_that_of_the_vault() -> None:
    (request,) = scope(connection(mount="kv"), secret("db", "shop/db")).requests
    assert request.source is not None
    assert request.source.location == "kv/shop/db"


def test_broken_bounds_open_nothing() -> None:
    bounded = connection(allowed_paths=("secret/{stak}/*",))
    assert rotated(bounded, secret("db", "shop/db"), service("shop", "web", "db")) == []
