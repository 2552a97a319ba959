# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No value that is hashed or looked up is left anywhere, however much Ansible tells."""

from __future__ import annotations

import typing as t

from tests.e2e.support.canary import Canaries, ProcessWatch
from tests.e2e.support.controller import Controller, hashing, play, rotating
from tests.e2e.support.reach import over_tcp, to_vault_from_node, trust_vault, write_inventory
from tests.e2e.support.world import digest

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

LOOKUP = "swarmvault.secrets.vault_secret"
POLICY = """
path "secret/metadata/leak/*" { capabilities = ["read"] }
path "secret/data/leak/*" { capabilities = ["read"] }
"""


def test_no_value_that_is_hashed_or_looked_up_is_left_anywhere(
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
    hash_key, looked_up = canaries.value("hash_key"), canaries.lines("looked up")
    world.put("leak/one", password=canaries.lines("hashed"))
    world.put("leak/two", user=canaries.value("user"), password=looked_up)
    world.vault.clear_audit()

    def on_node(name: str, **options: t.Any) -> dict[str, t.Any]:
        common = {
            **to_vault_from_node(bed),
            "vault_auth_method": "approle",
            "vault_role_id": role_id,
            "vault_secret_id": "{{ secret_id }}",
            "hash_key": "{{ hash_key }}",
            "secrets": [
                {"vault_path": "leak/one"},
                {"vault_path": "leak/two", "vault_format": "json"},
            ],
        }
        return hashing(name, **{**common, **options})

    def looking(field: str) -> dict[str, t.Any]:
        data = f"{{{{ lookup('{LOOKUP}', 'leak/two'{field}) }}}}"
        return rotating(
            f"Look{field}",
            **over_tcp(bed),
            hash_key="{{ hash_key }}",
            secrets=[{"name": "looked_up", "data": data}],
        )

    plays = [
        play(
            on_node("First"),
            on_node("Again", previous="{{ now.hashes }}"),
            on_node("Other key", previous="{{ now.hashes }}", hash_key="{{ hash_key }}x"),
            on_node("No field", secrets=[{"vault_path": "leak/two"}]),
            hosts="swarm_managers[0]",
            ignore_errors=True,
        ),
        play(
            looking(", vault_field='password'"),
            looking(""),
            ignore_errors=True,
            vars={
                "ansible_hashi_vault_url": world.vault.url,
                "ansible_hashi_vault_ca_cert": str(world.vault.ca_cert),
                "ansible_hashi_vault_token": "{{ token }}",
            },
        ),
    ]
    variables = {"token": world.vault.root_token, "secret_id": secret_id, "hash_key": hash_key}

    with ProcessWatch() as processes:
        run = controller.run(plays, "-vvvv", "--diff", inventory=inventory, variables=variables)

    assert run.code == 0, run.output
    failed = {result.task for result in run.results if result.failed}
    assert failed == {"Other key", "No field", "Look"}
    assert run.task("Again")["differs"] is False
    world.service("reader", {"looked_up": "looked_up_v1"})
    assert world.shown("reader", "looked_up") == {digest(looked_up)}

    # What Ansible prints, and returns.
    assert canaries.found_in(run.output) == []
    assert "vault_secret_hash" in run.output
    assert [result for result in run.results if canaries.found_in(repr(result))] == []
    # Arguments and environment of every process on the way.
    assert "AnsiballZ_vault_secret_hash.py" in processes.seen
    assert canaries.found_in(processes.seen) == []
    # What stays behind on this machine and on the nodes.
    assert canaries.found_below(controller.home) == {}
    assert canaries.found_below(controller.tmp) == {}
    journal = bed.managers[0].exec(["journalctl", "--no-pager", "--all", "-g", "Invoked with"])
    # So it is known that there was something to find.
    assert "vault_secret_hash" in journal.stdout
    assert "hash_key=NOT_LOGGING_PARAMETER" in journal.stdout
    for node in bed.nodes:
        assert canaries.found_on(node) == ""
    audit = world.vault.audit_log.read_bytes()
    assert b"secret/data/leak/one" in audit
    assert canaries.found_in(audit) == []
