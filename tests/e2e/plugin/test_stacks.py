# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stack files that were written for the known plugins give tasks what they did there."""

from __future__ import annotations

import contextlib
import json
import typing as t
from pathlib import Path

import pytest

from tests.e2e.conftest import NEWEST
from tests.e2e.support.plugin import ALIAS, Plugin
from tests.e2e.support.world import World

# One engine shows it: stack files are read by the command line.
pytestmark = pytest.mark.parametrize("plugin", [NEWEST], indirect=True)

STACKS = Path(__file__).parent / "stacks"
#: The file of each stack.
FILES = {
    "repro": "sirlatrom.yml",
    "app": "vault-swarm-plugin.yml",
    "smoke": "swarm-external-secrets.yml",
    "web": "templated.yml",
    "git": "external.yml",
}
#: How the guide has a secret made for tools that do not know what a driver is.
LABELS = ("--label", "vault_path=app/config", "--label", "vault_field=secret_key")
OUTSIDE = ("docker", "secret", "create", "--driver", ALIAS, *LABELS, "of_all_stacks")
SUGAR_ALIAS = "swarm-external-secrets:latest"
SIRLATROM_ALIAS = "sirlatrom/docker-secretprovider-plugin-vault:latest"
#: What the script beside sirlatrom's stack file gives to its service.
POLICY = """
path "secret/*" { capabilities = ["create", "read", "update", "list", "delete"] }
path "auth/token/create" { capabilities = ["create", "update"] }
"""


@pytest.fixture(scope="module")
def stacks(installed: Plugin) -> t.Iterator[World]:
    """A Swarm with every stack deployed, side by side.

    One after the other they would wait for each other: the engine gives a network the addresses of
    one that has just been removed, and a node that has not quite left that refuses the tasks.
    """
    bed = installed.bed
    bed.reset()
    install(installed)
    manager = bed.managers[0]
    manager.exec(["mkdir", "-p", "/root/stacks"])
    for file in STACKS.iterdir():
        manager.put(f"/root/stacks/{file.name}", file.read_bytes())
    with contextlib.closing(bed.client()) as client:
        world = World(bed=bed, client=client, vault=bed.vault)
        write_values(world)
        manager.exec(OUTSIDE)
        for stack, file in FILES.items():
            deploy(world, file, stack)
        yield world
        world.forget()


def install(plugin: Plugin) -> None:
    """Install it under each of the names that such stack files call their driver."""
    vault = plugin.bed.vault
    plugin.remove()
    plugin.put_credentials(token=vault.root_token, ca__pem=vault.ca_cert.read_bytes())
    plugin.install("1", VAULT_ADDR=vault.url)
    plugin.install("1", SUGAR_ALIAS, VAULT_ADDR=vault.url)
    # A secret without any label is of no family: the settings say what that plugin did.
    habits = {"VAULT_DEFAULT_PATH": "{secret}", "VAULT_TASK_POLICIES": "{service}"}
    plugin.install("1", SIRLATROM_ALIAS, VAULT_ADDR=vault.url, **habits)


def write_values(world: World) -> None:
    """Write what the documentation of the plugins has its readers write."""
    world.put("repro_secret", value="this_was_not_wrapped")
    world.put("repro_wrapped_secret", value="this_was_once_wrapped")
    world.put("multi", a="something", b="else")
    world.put("multi", a="something", b="else", c="only_in_v2")
    passwords = {"root_password": "of root", "user_password": "of a user", "password": "of MySQL"}
    world.put("database/mysql", **passwords)
    world.put("application/api", key="of the API")
    world.put("app/config", secret_key="of OpenBao")
    for service in ("repro_snitch", "web_app"):
        world.vault.policy(service, POLICY)


def deploy(world: World, file: str, stack: str) -> None:
    """Deploy a stack as the documentation of its plugin says."""
    command = ["docker", "stack", "deploy", "--compose-file", f"/root/stacks/{file}", stack]
    variables = {"snitch_role": "worker", "plugin_name": SIRLATROM_ALIAS}
    world.bed.managers[0].exec(command, environment=variables)


def secret(world: World, service: str, target: str) -> list[str]:
    return world.contents(service, f"/run/secrets/{target}")


def test_those_of_sirlatroms_plugin(stacks: World) -> None:
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
    assert secret(stacks, "app_busybox", "mysql_root_password") == ["of root"]
    assert secret(stacks, "app_busybox", "mysql_password") == ["of a user"]
    assert secret(stacks, "app_busybox", "key_of_the_api") == ["of the API"]


def test_those_of_sugar_orgs_second_plugin(stacks: World) -> None:
    assert secret(stacks, "smoke_app", "mysql_password") == ["of MySQL"] * 2
    assert secret(stacks, "smoke_app", "app_secret") == ["of OpenBao"] * 2


def test_a_secret_that_was_made_outside(stacks: World) -> None:
    assert secret(stacks, "git_app", "password") == ["of OpenBao"]


def test_a_config_can_have_the_value_in_it(stacks: World) -> None:
    tokens = set()
    for config in stacks.contents("web_app", "/etc/app/config.yml"):
        _comment, password, token = config.splitlines()
        assert password == "password: of MySQL"
        tokens.add(token.removeprefix("vault_token: "))
    assert len(tokens) == 2
    for token in tokens:
        made = stacks.vault.client(token).sys.unwrap()["auth"]
        assert "web_app" in made["policies"]


@pytest.mark.parametrize(
    "service", ["repro_snitch", "app_busybox", "smoke_app", "web_app", "git_app"]
)
def test_deployed_again_nothing_is_restarted(stacks: World, service: str) -> None:
    stacks.settled_tasks(service)
    tasks = stacks.task_ids(service)
    stack = service.partition("_")[0]
    deploy(stacks, FILES[stack], stack)
    stacks.settled_tasks(service)
    assert stacks.task_ids(service) == tasks
