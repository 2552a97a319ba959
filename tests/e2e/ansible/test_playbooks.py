# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of the collection, by their full names, with plain extra variables."""

from __future__ import annotations

import json
import socket
import typing as t

from tests.e2e.support.controller import Controller, Run
from tests.e2e.support.reach import to_vault_from_node
from tests.e2e.support.world import World, digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries


def with_a_dead_manager(inventory: Path, path: Path) -> Path:
    """Add a manager that does not answer, before the others."""
    content = json.loads(inventory.read_text())
    group = content["all"]["children"]["swarm_managers"]
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    dead = {"ansible_host": "127.0.0.1", "ansible_port": port}
    group["hosts"] = {"dead": dead, **group["hosts"]}
    path.write_text(json.dumps(content))
    return path


def test_rotate_and_rollback_work_on_the_first_manager_that_answers(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> None:
    hosts = with_a_dead_manager(inventory, tmp_path / "inventory.json")
    first, second = canaries.value("playbook, first"), canaries.value("playbook, second")
    world.put("playbook/db", password=first)
    world.secret("db", first, {"vault_path": "playbook/db", "vault_field": "password"})
    world.service("web", {"db": "db"})
    rotating = {
        **{f"swarmvault_{key}": value for key, value in to_vault_from_node(world.bed).items()},
        "swarmvault_vault_token": world.vault.root_token,
        "swarmvault_names": "",  # as a survey leaves it: then labels tell what to rotate
    }

    def run(playbook: str, variables: dict[str, t.Any]) -> Run:
        done = controller.run(
            f"swarmvault.secrets.{playbook}", inventory=hosts, variables=variables
        )
        assert done.code == 0, done.output
        assert done.rotation.host == world.bed.managers[0].name
        return done

    run("rotate", rotating)
    assert world.references("web") == {"db": "db_v1"}
    world.put("playbook/db", password=second)
    rotated = run("rotate", {**rotating, "swarmvault_wait_timeout": "60"})
    assert world.references("web") == {"db": "db_v2"}
    assert world.shown("web", "db") == {digest(second)}
    assert rotated.rotation["invocation"]["module_args"]["wait_timeout"] == 60

    back = run("rollback", {"swarmvault_names": "db"})

    assert world.references("web") == {"db": "db_v1"}
    assert world.shown("web", "db") == {digest(first)}
    # What a schedule leaves in its log.
    assert back.task("Show what was done")["msg"]["summary"] == back.rotation.msg
    assert run("rotate", rotating).rotation["changed"] is False
