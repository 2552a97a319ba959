# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that Vault makes while a run goes on show up nowhere either.

What they are is read from the containers that got them, afterwards.
"""

from __future__ import annotations

import contextlib
import typing as t

from tests.e2e.ansible.test_no_value_leaks import check_swarm
from tests.e2e.support.authority import authority
from tests.e2e.support.canary import Canaries, ProcessWatch
from tests.e2e.support.controller import play, rotating
from tests.e2e.support.reach import to_vault_from_node

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.controller import Controller, Run
    from tests.e2e.support.shop import Shop
    from tests.e2e.support.world import World

SOURCES: dict[str, dict[str, t.Any]] = {
    "db_password": {"vault_engine": "read", "vault_path": "database/creds/shop"},
    "web.key": {
        "vault_engine": "pki",
        "vault_path": "pki/issue/web",
        "vault_params": {"common_name": "shop.example.org"},
    },
}
FIELDS = {"db_password": "password", "web.key": "private_key"}


def inside(world: World, service: str, target: str) -> set[str]:
    """Return what the running containers of a service have in a file."""
    found = set()
    filters = {"label": f"com.docker.swarm.service.id={world.inspect(service)['ID']}"}
    for node in world.bed.nodes:
        with contextlib.closing(node.client()) as client:
            for container in client.containers(filters=filters):
                made = client.exec_create(container["Id"], ["cat", f"/run/secrets/{target}"])
                found.add(client.exec_start(made["Id"]).decode())
    return found


def test_credentials_and_keys_show_up_nowhere_on_their_way(
    shop: Shop, controller: Controller, inventory: Path
) -> None:
    world = shop.world
    secrets = [
        {"name": name, "vault_field": FIELDS[name], **source} for name, source in SOURCES.items()
    ]

    def run(**options: t.Any) -> Run:
        task = rotating(
            **to_vault_from_node(world.bed),
            vault_token="{{ token }}",
            secrets=secrets,
            **options,
        )
        return controller.run(
            [play(task, hosts="swarm_managers[0]")],
            *("-vvvv", "--diff"),
            inventory=inventory,
            variables={"token": world.vault.root_token},
        )

    values: set[str] = set()

    def note() -> None:
        for target in SOURCES:
            values.update(inside(world, "web", target))

    with ProcessWatch() as processes, authority(world.vault):
        created = run()
        world.service("web", {name: f"{name}_v1" for name in SOURCES})
        note()
        rotated = run(force=True)
        note()

    for one in (created, rotated):
        assert one.code == 0, one.output
    assert [secret["action"] for secret in rotated.rotation["secrets"]] == ["rotated", "rotated"]
    canaries = watched(values)
    for one in (created, rotated):
        assert canaries.found_in(one.output) == []
        assert [result for result in one.results if canaries.found_in(repr(result))] == []
    assert canaries.found_in(processes.seen) == []
    assert canaries.found_below(controller.directory) == {}
    for node in world.bed.nodes:
        assert canaries.found_on(node) == ""
    check_swarm(world, canaries)
    for log in world.vault.directory.glob("*.log"):
        assert canaries.found_in(log.read_bytes()) == [], log


def watched(values: t.Collection[str]) -> Canaries:
    """Look for these values; of a key for each of its lines that is not the same in all."""
    assert len(values) == 2 * len(SOURCES)
    canaries = Canaries()
    for value in values:
        lines = [line for line in value.splitlines() if not line.startswith("-----")]
        for line in lines:
            canaries.watch("issued", line)
    return canaries
