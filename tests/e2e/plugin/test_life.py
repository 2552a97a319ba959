# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens around the plugin in its life: leaders, Vault and credentials that go, and thieves."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import secrets
import typing as t

import docker.errors
import pytest
import requests

from testbed.waiting import wait_for
from tests.e2e.support.canary import PLACES, Canaries, ProcessWatch
from tests.e2e.support.plugin import ALIAS, CREDENTIALS, USER, Plugin
from tests.e2e.support.world import DEADLINE, World, digest

if t.TYPE_CHECKING:
    from testbed import Node

ON_WORKER = {"Placement": {"Constraints": ["node.role==worker"]}}
POLICY = 'path "secret/*" { capabilities = ["read"] }'
NOT_NOW = (docker.errors.APIError, requests.RequestException, OSError)
PROCESS = "swarmvault_secretprovider"


@pytest.fixture(scope="module")
def installed(released: Plugin) -> Plugin:
    """Install it with a token of its own, in a file."""
    vault = released.bed.vault
    released.remove()
    vault.policy("plugin-life", POLICY)
    token = vault.token(["plugin-life"])
    released.put_credentials(token=token, ca__pem=vault.ca_cert.read_bytes())
    released.install("released", VAULT_ADDR=vault.url)
    return released


@pytest.fixture
def life(world: World, installed: Plugin) -> World:
    """An empty Swarm with the plugin on its managers."""
    assert installed.bed is world.bed
    return world


def new_name() -> str:
    """Return a name of a service that no other test has left lines about in a log."""
    return f"life_{secrets.token_hex(4)}"


def deployed(world: World, value: str, **service: t.Any) -> str:
    """Make a secret that the plugin serves, and a service on the worker that has it."""
    name = new_name()
    world.put("life/db", password=value)
    labels = {"vault_path": "life/db", "vault_field": "password"}
    world.secret_as(Name="db", Labels=labels, Driver={"Name": ALIAS})
    world.service(name, {"db": "db"}, task=ON_WORKER, **service)
    return name


def start_anew(world: World, service: str, number: int) -> None:
    """Replace the tasks of a service, and wait until the new ones run."""
    before = world.task_ids(service)
    world.edit(service, lambda spec: spec["TaskTemplate"].update(ForceUpdate=number))

    def replaced() -> bool:
        return not world.task_ids(service) & before

    wait_for(f"{service} to have new tasks", replaced, timeout=DEADLINE)
    world.wait_running(service)


def told_of(plugin: Plugin, service: str) -> list[str]:
    """Return the lines that the plugin has for a service on any manager."""
    return [line for line in plugin.log().splitlines() if f"service={service} " in line]


def process(node: Node) -> str:
    """Return the number of the plugin's process on a node."""
    found = node.exec(["pgrep", "-f", "-o", f"python3 .*{PROCESS}"], check=False).stdout.split()
    assert len(found) == 1, found
    return found[0]


def without(world: World, node: Node) -> World:
    """Return the Swarm as it is seen while a node is away."""
    bed = dataclasses.replace(world.bed, nodes=tuple(n for n in world.bed.nodes if n != node))
    return dataclasses.replace(world, bed=bed, client=bed.client())


def test_the_leader_may_die_while_a_service_deploys(life: World, installed: Plugin) -> None:
    first = life.leader()
    rest = without(life, first)
    with contextlib.closing(rest.client):
        service = deployed(rest, "hunter2", replicas=12, wait=False)
        try:
            first.kill()
            second = wait_for("another leader", lambda: other_leader(rest, first), timeout=DEADLINE)
            rest.wait_running(service)
            assert rest.shown(service, "db") == {digest("hunter2")}
            assert len(rest.task_ids(service)) == 12
            lines = [line for line in second.log(400).splitlines() if f"service={service} " in line]
            assert [line for line in lines if "outcome=vault" in line]
        finally:
            first.start()
            healthy = life.bed.healthy
            wait_for("the Swarm to be whole", healthy, timeout=DEADLINE, ignore=NOT_NOW)
    # Its plugin starts with its engine, as any other.
    assert process(first)
    assert installed.bed is life.bed


def other_leader(world: World, gone: Node) -> Node | None:
    """Return the manager that leads now, if that is known already."""
    with contextlib.suppress(*NOT_NOW):
        for seen in world.client.nodes():
            if (seen.get("ManagerStatus") or {}).get("Leader"):
                name = seen["Description"]["Hostname"]
                return world.bed.node(name) if name != gone.name else None
    return None


def test_vault_may_go_and_come_back(life: World, installed: Plugin) -> None:
    service = deployed(life, "before")
    life.vault.stop()
    try:
        start_anew(life, service, 1)
    finally:
        life.vault.start()
    assert life.shown(service, "db") == {digest("before")}
    (line,) = [line for line in told_of(installed, service) if "outcome=cache" in line]
    assert re.search(r" age=\d", line), line

    life.put("life/db", password="after")
    start_anew(life, service, 2)
    assert life.shown(service, "db") == {digest("after")}
    assert "outcome=vault" in told_of(installed, service)[-1]


def test_credentials_are_replaced_without_a_restart(life: World, installed: Plugin) -> None:
    service = deployed(life, "before")
    old = credential(installed)
    processes = [process(node) for node in installed.bed.managers]
    installed.put_credentials(token=life.vault.token(["plugin-life"]))
    life.vault.client().auth.token.revoke(old)
    life.put("life/db", password="after")
    start_anew(life, service, 1)
    assert life.shown(service, "db") == {digest("after")}
    assert [process(node) for node in installed.bed.managers] == processes


def credential(plugin: Plugin) -> str:
    """Return the token that the plugin logs in with."""
    return plugin.bed.managers[0].exec(["cat", f"{CREDENTIALS}/token"]).stdout


def test_neither_values_nor_credentials_get_out(life: World, installed: Plugin) -> None:
    canaries = Canaries()
    canaries.watch("credential", credential(installed))
    with ProcessWatch() as processes:
        service = deployed(life, canaries.value("value"))
        assert len(life.shown(service, "db")) == 1
    assert PROCESS in processes.seen
    assert not canaries.found_in(processes.seen)

    places = (*PLACES, "/var/lib/docker/plugins", "/run/docker", "/run/log")
    for node in life.bed.managers:
        # That it finds the file with the credential shows that it can find something.
        assert canaries.found_on(node, places).split() == [f"{CREDENTIALS}/token"]
        for command in (["plugin", "inspect", ALIAS], ["secret", "inspect", "db"]):
            assert not canaries.found_in(node.exec(["docker", *command]).stdout)


def test_the_memory_of_the_plugin_is_nobodys(life: World) -> None:
    for node in life.bed.managers:
        number = process(node)
        limits = node.exec(["cat", f"/proc/{number}/limits"]).stdout
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
        status = node.exec(["cat", f"/proc/{number}/status"]).stdout
        user = USER.partition(":")[0]
        assert re.search(rf"^Uid:(\t{user}){{4}}$", status, re.MULTILINE)
        assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)
        # A process that can be dumped belongs to its user, and so does its memory.
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        for file in ("environ", "mem"):
            stolen = node.exec([*as_user, "head", "-c", "1", f"/proc/{number}/{file}"], check=False)
            assert "Permission denied" in stolen.stderr
