# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every release line of ansible-core from the oldest supported to the newest does the work."""

from __future__ import annotations

import contextlib
import json
import typing as t

import pytest
import yaml

from tests.collection_path import ROOT
from tests.e2e.support.controller import GROUP, hashing, play, rotating
from tests.e2e.support.reach import over_tcp
from tests.e2e.support.releases import RELEASES, ReleaseController, controllers
from tests.e2e.support.world import World, digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed
    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller

NAME = "lookup('swarmvault.secrets.swarm_secret_name', 'db')"
VALUE = "lookup('swarmvault.secrets.vault_secret', 'release/db')"


@pytest.fixture(scope="module")
def released(controller: Controller) -> dict[str, ReleaseController]:
    """A controller with each release."""
    return controllers(controller)


@pytest.fixture(scope="module")
def shared_world(newest_bed: Bed) -> t.Iterator[World]:
    """One Swarm with one service, in which the releases rotate one after the other."""
    newest_bed.reset()
    with contextlib.closing(newest_bed.client()) as client:
        world = World(bed=newest_bed, client=client, vault=newest_bed.vault)
        world.secret("db", "by hand")
        world.service("web", {"db": "db"})
        yield world
        world.forget()


@pytest.fixture(scope="module")
def local_inventory(controller: Controller) -> Path:
    """This machine alone, with the Python that runs Ansible."""
    path = controller.directory / "local.yml"
    path.write_text(
        "all: {hosts: {localhost: {ansible_connection: local,"
        " ansible_python_interpreter: '{{ ansible_playbook_python }}'}}}\n"
    )
    return path


@pytest.mark.parametrize("line", [release.line for release in RELEASES])
def test_a_release_rotates_hashes_and_looks_up(
    line: str,
    shared_world: World,
    released: dict[str, ReleaseController],
    local_inventory: Path,
    canaries: Canaries,
) -> None:
    world, using = shared_world, released[line]
    value = canaries.value(f"under {line}")
    world.put("release/db", password=value)
    connection = over_tcp(world.bed)
    variables = {
        "connections": {**connection, "vault_token": world.vault.root_token},
        "hash_key": canaries.value(f"hash key under {line}"),
        "ansible_hashi_vault_addr": connection["vault_url"],
        "ansible_hashi_vault_ca_cert": connection["vault_ca_cert"],
        "ansible_hashi_vault_token": world.vault.root_token,
        **{f"ansible_docker_{key}": one for key, one in world.bed.docker_options().items()},
        "expected": value,
    }
    secret = {"name": "db", "vault_path": "release/db"}
    looked_up = {
        "name": "Look up",
        "ansible.builtin.assert": {
            "that": [f"{NAME} == rotated.secrets[0].current", f"{VALUE} == expected"],
            "quiet": True,
        },
    }
    plays = [
        play(
            {"ansible.builtin.debug": {"var": "ansible_version.full"}, "name": "Tell the release"},
            {**rotating(secrets=[{**secret, "adopt": ["db"]}]), "register": "rotated"},
            hashing(secrets=[secret], hash_key="{{ hash_key }}"),
            looked_up,
            module_defaults={GROUP: "{{ connections }}"},
        )
    ]

    done = using.run(plays, inventory=local_inventory, variables=variables)

    assert done.code == 0, done.output
    assert done.task("Tell the release")["ansible_version.full"] == using.release.version
    assert done.rotation["changed"] is True
    assert [service["state"] for service in done.rotation["services"]] == ["converged"]
    assert world.references("web") == {"db": done.rotation["secrets"][0]["current"]}
    assert world.shown("web", "db") == {digest(value)}
    assert len(done.task("Hash")["hashes"][0]["hash"]) > 40


@pytest.mark.parametrize("line", [RELEASES[0].line, RELEASES[-1].line])
def test_a_release_shows_the_documentation(
    line: str, released: dict[str, ReleaseController]
) -> None:
    using = released[line]
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    names = {
        "module": runtime["action_groups"]["all"],
        "lookup": ["swarm_secret_name", "vault_secret"],
    }
    for kind, some in names.items():
        full = [f"swarmvault.secrets.{name}" for name in some]
        command = [str(using.bin / "ansible-doc"), "--json", "-t", kind, *full]
        code, output = using.start(command, using.directory, using.environment())
        assert code == 0, output
        assert json.loads(output).keys() == {*full}
