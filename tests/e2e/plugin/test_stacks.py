# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stack files that were written for the known plugins give tasks what they did there."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.e2e.support.plugin import Plugin
from tests.e2e.support.world import World

STACKS = Path(__file__).parent / "stacks"
SUGAR_ALIAS = "swarm-external-secrets:latest"
SIRLATROM_ALIAS = "sirlatrom/docker-secretprovider-plugin-vault:latest"
#: What the script beside sirlatrom's stack file gives to its service.
POLICY = """
path "secret/*" { capabilities = ["create", "read", "update", "list", "delete"] }
path "auth/token/create" { capabilities = ["create", "update"] }
"""


@pytest.fixture(scope="module")
def installed(released: Plugin) -> Plugin:
    """Install the plugin under each of the names that such stack files call their driver."""
    vault = released.bed.vault
    released.remove()
    released.put_credentials(token=vault.root_token, ca__pem=vault.ca_cert.read_bytes())
    released.install("released", VAULT_ADDR=vault.url)
    released.install("released", SUGAR_ALIAS, VAULT_ADDR=vault.url)
    # A secret without any label is of no family: the settings say what that plugin did.
    habits = {"VAULT_DEFAULT_PATH": "{secret}", "VAULT_TASK_POLICIES": "{service}"}
    released.install("released", SIRLATROM_ALIAS, VAULT_ADDR=vault.url, **habits)
    return released


@pytest.fixture
def stacks(world: World, installed: Plugin) -> World:
    """An empty Swarm with the stack files on its first manager."""
    assert installed.bed is world.bed
    manager = world.bed.managers[0]
    manager.exec(["mkdir", "-p", "/root/stacks"])
    for file in STACKS.iterdir():
        manager.put(f"/root/stacks/{file.name}", file.read_bytes())
    return world


def deploy(world: World, file: str, stack: str, **variables: str) -> None:
    """Deploy a stack as the documentation of its plugin says."""
    command = ["docker", "stack", "deploy", "--compose-file", f"/root/stacks/{file}", stack]
    world.bed.managers[0].exec(command, environment={"snitch_role": "worker", **variables})


def secret(world: World, service: str, target: str) -> list[str]:
    return world.contents(service, f"/run/secrets/{target}")


def test_those_of_sirlatroms_plugin(stacks: World) -> None:
    stacks.put("repro_secret", value="this_was_not_wrapped")
    stacks.put("repro_wrapped_secret", value="this_was_once_wrapped")
    stacks.put("multi", a="something", b="else")
    stacks.put("multi", a="something", b="else", c="only_in_v2")
    stacks.vault.policy("repro_snitch", POLICY)
    deploy(stacks, "sirlatrom.yml", "repro", plugin_name=SIRLATROM_ALIAS)
    stacks.wait_running("repro_snitch")

    def got(target: str) -> list[str]:
        return secret(stacks, "repro_snitch", target)

    assert got("secret") == ["this_was_not_wrapped"] * 2
    assert got("multi_a") == ["something"] * 2
    assert got("multi_b") == ["else"] * 2
    both = {"a": "something", "b": "else"}
    (of_one, of_other) = map(json.loads, got("multi_json_v1"))
    assert of_one == of_other == both
    for target in ("multi_json", "multi_json_v2"):
        assert json.loads(got(target)[0]) == {**both, "c": "only_in_v2"}
    whole = json.loads(got("multi_meta_json")[0])["data"]
    assert whole["data"] == {**both, "c": "only_in_v2"}
    assert whole["metadata"]["version"] == 2
    check_tokens(stacks, got)


def check_tokens(world: World, got: t.Callable[[str], list[str]]) -> None:
    wrapped = got("wrapped_secret")
    assert len(set(wrapped)) == 2
    for token in wrapped:
        # What `vault unwrap -field=value` looks into.
        assert world.vault.client(token).sys.unwrap()["data"] == {"value": "this_was_once_wrapped"}
    tokens = [json.loads(one)["auth"]["client_token"] for one in got("generic_vault_token")]
    assert len(set(tokens)) == 2
    for token in tokens:
        told = world.vault.client(token).auth.token.lookup_self()["data"]
        assert "repro_snitch" in told["policies"]


def test_those_of_sugar_orgs_first_plugin(stacks: World) -> None:
    stacks.put("database/mysql", root_password="of root", user_password="of a user")
    stacks.put("application/api", key="of the API")
    deploy(stacks, "vault-swarm-plugin.yml", "app")
    stacks.wait_running("app_busybox")
    assert secret(stacks, "app_busybox", "mysql_root_password") == ["of root"]
    assert secret(stacks, "app_busybox", "mysql_password") == ["of a user"]
    assert secret(stacks, "app_busybox", "key_of_the_api") == ["of the API"]


def test_those_of_sugar_orgs_second_plugin(stacks: World) -> None:
    stacks.put("database/mysql", password="of a user")
    stacks.put("app/config", secret_key="of OpenBao")
    deploy(stacks, "swarm-external-secrets.yml", "app")
    stacks.wait_running("app_app")
    assert secret(stacks, "app_app", "mysql_password") == ["of a user"] * 2
    assert secret(stacks, "app_app", "app_secret") == ["of OpenBao"] * 2

    tasks = stacks.task_ids("app_app")
    deploy(stacks, "swarm-external-secrets.yml", "app")
    assert stacks.task_ids("app_app") == tasks


def test_a_config_can_have_the_value_in_it(stacks: World) -> None:
    stacks.put("database/mysql", password="of a user")
    stacks.vault.policy("web_app", POLICY)
    deploy(stacks, "templated.yml", "web")
    stacks.wait_running("web_app")
    tokens = set()
    for config in stacks.contents("web_app", "/etc/app/config.yml"):
        _comment, password, token = config.splitlines()
        assert password == "password: of a user"
        tokens.add(token.removeprefix("vault_token: "))
    assert len(tokens) == 2
    for token in tokens:
        made = stacks.vault.client(token).sys.unwrap()["auth"]
        assert "web_app" in made["policies"]
