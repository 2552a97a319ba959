# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is never a source, and what labels may name, through each module, lookup and playbook."""

from __future__ import annotations

import typing as t

import pytest

from tests.e2e.support.controller import Controller, hashing, play, rotating
from tests.e2e.support.reach import over_tcp, to_vault, to_vault_from_node
from tests.e2e.support.world import digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.world import World

pytestmark = pytest.mark.case("V1")

LOOKUP = "swarmvault.secrets.vault_secret"
OWN_TOKEN = {"vault_engine": "read", "vault_path": "auth/token/lookup-self", "vault_field": "id"}
#: How each of them may be asked for it.
WAYS: dict[str, dict[str, str]] = {
    "plain": OWN_TOKEN,
    "encoded": {**OWN_TOKEN, "vault_path": "secret/%2e%2e/%61uth/token/lookup-self"},
    "by a mount": {"vault_mount": "auth", "vault_engine": "kv1", "vault_path": "token/lookup-self"},
    "by an upper mount": {"vault_mount": "/SYS/", "vault_path": "mounts"},
}


def test_no_task_has_what_is_never_a_source(
    world: World, controller: Controller, inventory: Path
) -> None:
    world.vault.clear_audit()
    never = {"ignore_errors": True}
    tasks = []
    for name, way in WAYS.items():
        entries = [{"name": "own", **way}]
        options = ", ".join(f"{k}='{v}'" for k, v in way.items() if k != "vault_path")
        lookup = (
            f"lookup('{LOOKUP}', '{way['vault_path']}', {options}, vault_url=url, "
            f"vault_ca_cert=ca, vault_token=token)"
        )
        everything = {"vault_token": "{{ token }}", "secrets": entries}
        tasks += [
            rotating(f"Rotate, {name}", **over_tcp(world.bed), discover_paths=["**"], **everything)
            | never,
            hashing(f"Hash, {name}", **to_vault(world.bed), hash_key="{{ token }}", **everything)
            | never,
            {"name": f"Look up, {name}", "debug": {"msg": f"{{{{ {lookup} | length }}}}"}} | never,
        ]
    server = to_vault(world.bed)

    run = controller.run(
        [play(*tasks)],
        inventory=inventory,
        variables={
            "token": world.vault.root_token,
            "url": server["vault_url"],
            "ca": server["vault_ca_cert"],
        },
    )

    results = [result for result in run.results if ", " in result.task]
    assert len(results) == len(tasks)
    for result in results:
        assert result.failed, result
        assert "is never a source" in repr(result.result), result
    assert world.names() == []
    assert world.vault.audit_requests("auth/token/lookup-self") == []
    assert world.vault.audit_requests("sys/") == []


@pytest.mark.parametrize(
    "listed",
    ["secret/paths/shop/*, pki/issue/web\nsecret/x", ["secret/paths/shop/*"]],
    ids=["text of a survey", "list"],
)
def test_the_playbook_bounds_labels_and_a_warning_says_so(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, listed: object
) -> None:
    ours, theirs = canaries.value("ours"), canaries.value("theirs")
    world.put("paths/shop/db", password=ours)
    world.put("paths/pay/db", password=theirs)
    world.secret("db", canaries.value("db"), {"vault_path": "paths/shop/db"})
    world.secret("trap", canaries.value("trap"), {"vault_path": "paths/pay/db"})
    world.secret("token", canaries.value("token"), OWN_TOKEN)
    world.service("shop", {"db": "db", "trap": "trap", "token": "token"})
    variables = {
        **{f"swarmvault_{key}": value for key, value in to_vault_from_node(world.bed).items()},
        "swarmvault_vault_token": world.vault.root_token,
        "swarmvault_discover_paths": listed,
    }

    run = controller.run("swarmvault.secrets.rotate", inventory=inventory, variables=variables)

    assert run.code == 0, run.output
    assert world.references("shop") == {"db": "db_v1", "trap": "trap", "token": "token"}
    assert world.shown("shop", "db") == {digest(ours)}
    warnings = sorted(run.rotation["warnings"])
    assert len(warnings) == 2
    assert "secret token is left as it is: 'auth/token/lookup-self' is never" in warnings[0]
    assert "secret trap is left as it is: discover_paths" in warnings[1]
    assert "secret/paths/pay/db" in warnings[1]


def test_with_an_empty_list_labels_may_name_nothing(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    world.put("paths/shop/db", password=canaries.value("nothing"))
    world.secret("db", canaries.value("by hand"), {"vault_path": "paths/shop/db"})
    variables = {
        **{f"swarmvault_{key}": value for key, value in to_vault_from_node(world.bed).items()},
        "swarmvault_vault_token": world.vault.root_token,
    }

    def run(**more: object) -> t.Any:
        done = controller.run(
            "swarmvault.secrets.rotate", inventory=inventory, variables={**variables, **more}
        )
        assert done.code == 0, done.output
        return done.rotation

    nothing = run(swarmvault_discover_paths=[])
    assert (nothing["changed"], len(nothing["warnings"])) == (False, 1)
    # As a survey leaves a question that was not answered.
    assert run(swarmvault_discover_paths="")["changed"] is True
