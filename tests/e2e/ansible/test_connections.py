# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job through Ansible, over each way to reach the engine and to log in to Vault."""

from __future__ import annotations

import typing as t

import pytest

from testbed.system import which
from tests.e2e.support.controller import GROUP, Controller, play, rotating
from tests.e2e.support.reach import over_tcp, to_vault, to_vault_from_node
from tests.e2e.support.world import digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Run
    from tests.e2e.support.world import World

POLICY = """
path "secret/metadata/connect/*" { capabilities = ["read"] }
path "secret/data/connect/*" { capabilities = ["read"] }
"""
DB = {"name": "db", "vault_path": "connect/db", "vault_field": "password"}


def prepare(world: World, canaries: Canaries) -> str:
    """Run a service with a secret made by hand, and return the new value in Vault."""
    world.secret("db", canaries.value("value in Swarm"))
    world.service("web", {"db": "db"})
    value = canaries.value("value in Vault")
    world.put("connect/db", password=value)
    return value


def check(world: World, run: Run, value: str) -> None:
    """See that the service runs the value."""
    assert run.code == 0, run.output
    assert run.rotation["changed"] is True
    assert [(s["name"], s["action"], s["state"]) for s in run.rotation["services"]] == [
        ("web", "updated", "converged")
    ]
    assert world.references("web") == {"db": "db_v1"}
    assert world.shown("web", "db") == {digest(value)}


def test_from_the_controller_over_tcp_with_tls_and_a_token(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    value = prepare(world, canaries)

    task = rotating(
        **over_tcp(world.bed), vault_token="{{ token }}", vault_auth_method="token", secrets=[DB]
    )
    variables = {"token": world.vault.root_token}
    run = controller.run([play(task)], inventory=inventory, variables=variables)

    check(world, run, value)


def test_module_defaults_of_the_action_group_set_the_connections_once_for_approle(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    value = prepare(world, canaries)
    world.vault.policy("connect", POLICY)
    role_id, secret_id = world.vault.approle("connect", ["connect"])
    canaries.watch("secret_id", secret_id)

    connection = {
        **over_tcp(world.bed),
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": "{{ secret_id }}",
    }
    run = controller.run(
        [play(rotating(secrets=[DB]), module_defaults={GROUP: connection})],
        inventory=inventory,
        variables={"secret_id": secret_id},
    )

    check(world, run, value)
    assert run.rotation["invocation"]["module_args"]["docker_host"] == connection["docker_host"]


def test_over_ssh_on_a_manager_through_its_own_socket(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    value = prepare(world, canaries)

    task = rotating(**to_vault_from_node(world.bed), vault_token="{{ token }}", secrets=[DB])
    run = controller.run(
        [play(task, hosts="swarm_managers[1]")],
        inventory=inventory,
        variables={"token": world.vault.root_token},
    )

    check(world, run, value)
    assert run.rotation.host == world.bed.managers[1].name


def test_docker_host_over_ssh_with_the_ssh_program(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> None:
    value = prepare(world, canaries)
    # The program looks for its settings in the home that the system tells, which is not ours.
    program = tmp_path / "ssh"
    bed = world.bed
    program.write_text(
        f"#!/bin/sh\nexec {which('ssh')} -i {bed.ssh_key} -o UserKnownHostsFile={bed.known_hosts}"
        ' -o IdentitiesOnly=yes -o BatchMode=yes "$@"\n'
    )
    program.chmod(0o755)

    task = rotating(
        **to_vault(bed),
        vault_token="{{ token }}",
        docker_host=f"ssh://root@{bed.managers[0].ip}",
        use_ssh_client=True,
        secrets=[DB],
    )
    run = controller.run(
        [play(task, environment={"PATH": f"{tmp_path}:/usr/bin:/bin"})],
        inventory=inventory,
        variables={"token": world.vault.root_token},
    )

    check(world, run, value)


@pytest.mark.case("V18")
@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({}, "ansible_hashi_vault_url"),
        ({"vault_auth_method": "approle"}, "ansible_hashi_vault_role_id"),
    ],
)
def test_variables_that_reach_lookups_only_are_told_with_the_way_to_hand_them_over(
    world: World,
    controller: Controller,
    inventory: Path,
    given: dict[str, str],
    variable: str,
) -> None:
    connection = world.bed.docker_options()
    if given:
        connection.update(to_vault(world.bed))
    variables = {
        "ansible_hashi_vault_url": world.vault.url,
        "ansible_hashi_vault_role_id": "some-role",
        "ansible_hashi_vault_secret_id": "some-id",
    }

    run = controller.run(
        [play(rotating(**connection, **given, secrets=[DB]))],
        inventory=inventory,
        variables=variables,
    )

    assert run.code != 0
    message = run.rotation["msg"]
    assert f"variables, such as {variable}, reach lookups but not modules" in message
    assert "module_defaults of the play, for group/swarmvault.secrets.all" in message
    option = variable.replace("ansible_hashi_vault", "vault")
    assert f'{option}: "{{{{ {variable} }}}}"' in message
    assert world.names() == []
