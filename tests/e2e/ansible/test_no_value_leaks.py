# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No value, token or secret ID is left anywhere, whatever a run does and however much it tells."""

from __future__ import annotations

import base64
import json
import typing as t

from tests.e2e.support.canary import Canaries, ProcessWatch
from tests.e2e.support.controller import Controller, Run, play, rotating
from tests.e2e.support.looks import PATIENT
from tests.e2e.support.reach import over_tcp, to_vault_from_node, trust_vault, write_inventory
from tests.e2e.support.world import World, digest

if t.TYPE_CHECKING:
    from testbed import Bed

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
POLICY = """
path "secret/metadata/leak/*" { capabilities = ["read"] }
path "secret/data/leak/*" { capabilities = ["read"] }
"""


def test_no_value_is_left_anywhere_after_creation_rotation_and_a_failed_rotation(
    oldest_world: World, controller: Controller
) -> None:
    world, canaries = oldest_world, Canaries()
    bed = world.bed
    trust_vault(bed)
    inventory = write_inventory(bed, controller.directory / "oldest.json")
    world.vault.policy("leak", POLICY)
    role_id, secret_id = world.vault.approle("leak", ["leak"])
    canaries.watch("secret_id", secret_id)
    canaries.watch("root token", world.vault.root_token)
    world.service("web", update=PATIENT)
    world.vault.clear_audit()
    given = {"name": "given", "data": "{{ data }}", "services": [{"name": "web"}]}
    coded = {"name": "coded", "data": "{{ data | b64encode }}", "data_is_b64": True}
    vaulted = {"name": "vaulted", "vault_path": "leak/db", "services": [{"name": "web"}]}
    hash_key = canaries.value("hash_key")

    def run(data: str) -> Run:
        """From a manager over ssh with AppRole, then from here over TLS with a token."""
        common = {"secrets": [given, coded, vaulted], "hash_key": "{{ hash_key }}"}
        login = {"vault_auth_method": "approle", "vault_role_id": role_id}
        plays = [
            play(
                rotating(
                    **to_vault_from_node(bed), **login, vault_secret_id="{{ secret_id }}", **common
                ),
                hosts="swarm_managers[0]",
                ignore_errors=True,
            ),
            play(rotating(**over_tcp(bed), vault_token="{{ token }}", **common)),
        ]
        variables = {
            "token": world.vault.root_token,
            "secret_id": secret_id,
            "data": data,
            "hash_key": hash_key,
        }
        return controller.run(plays, "-vvvv", "--diff", inventory=inventory, variables=variables)

    with ProcessWatch() as processes:
        world.put("leak/db", password=canaries.lines("created"))
        created = run(canaries.lines("created, data"))
        world.put("leak/db", password=canaries.lines("rotated"))
        data = canaries.lines("rotated, data")
        rotated = run(data)
        world.put("leak/db", password=canaries.lines("failing", "bad-"))
        failed = run(canaries.lines("failing, data", "bad-"))

    assert created.code == rotated.code == 0, created.output + rotated.output
    assert [one.failed for one in failed.rotations] == [True, False]
    # The application looks at what comes first only, so the other value is found to be good.
    assert world.references("web") == {"given": "given_v2", "vaulted": "vaulted_v3"}
    assert world.shown("web", "given") == {digest(data)}

    # What Ansible prints, and returns.
    for one in (created, rotated, failed):
        assert canaries.found_in(one.output) == []
        assert HIDDEN in one.output
        assert [result for result in one.results if canaries.found_in(repr(result))] == []
    # Arguments and environment of every process on the way.
    assert "AnsiballZ_swarm_secret_rotate.py" in processes.seen
    assert canaries.found_in(processes.seen) == []
    # What stays behind on this machine.
    assert canaries.found_below(controller.home) == {}
    assert canaries.found_below(controller.tmp) == {}
    check_nodes(bed, canaries)
    check_swarm(world, canaries)
    check_vault(world, canaries)


def check_nodes(bed: Bed, canaries: Canaries) -> None:
    """Look through logs, temporary files and homes of the nodes."""
    manager = bed.managers[0]
    journal = manager.exec(["journalctl", "--no-pager", "--all", "-g", "Invoked with"]).stdout
    # So it is known that there was something to find.
    assert "swarm_secret_rotate" in journal
    assert "vault_secret_id=NOT_LOGGING_PARAMETER" in journal
    for node in bed.nodes:
        assert canaries.found_on(node) == ""
    left = manager.exec(["find", "/root/.ansible/tmp", "/tmp", "-name", "*ansi*tmp*"], check=False)
    assert [line for line in left.stdout.splitlines() if line != "/root/.ansible/tmp"] == []


def check_swarm(world: World, canaries: Canaries) -> None:
    """Look through all that the engine tells of secrets, services and tasks."""
    client = world.client
    told = json.dumps([client.secrets(), client.services(), client.tasks()])
    assert "swarmvault.fingerprint" in told
    assert canaries.found_in(told) == []


def check_vault(world: World, canaries: Canaries) -> None:
    """Look through the logs of OpenBao."""
    audit = world.vault.audit_log.read_bytes()
    assert b"secret/data/leak/db" in audit
    assert canaries.found_in(audit) == []
    for log in world.vault.directory.glob("*.log"):
        assert canaries.found_in(log.read_bytes()) == [], log


def forms(text: str) -> list[str]:
    """Return a text plain, in base64 and in hexadecimal."""
    raw = text.encode()
    return [text, base64.b64encode(raw).decode(), raw.hex()]


def test_a_canary_is_found_in_each_of_its_forms_and_places(oldest_bed: Bed) -> None:
    """What looks for values in the other tests does find them."""
    canaries = Canaries()
    value = canaries.value("seen")
    for before in ("", "x", "xy", "xyz"):
        for text in forms(f"{before}{value}!"):
            assert canaries.found_in(f"text {text} text"), text
    assert canaries.found_in("nothing of it") == []
    node = oldest_bed.managers[0]
    node.put("/var/tmp/left-over", f"a {value} b")
    node.exec(["logger", f"told {value}"])
    try:
        found = canaries.found_on(node)
    finally:
        node.exec(["rm", "/var/tmp/left-over"])
    assert "/var/tmp/left-over" in found
    assert f"told {value}" in found
