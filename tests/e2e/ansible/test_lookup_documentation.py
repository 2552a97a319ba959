# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation of the lookups shows is run, as it stands there."""

from __future__ import annotations

import re
import textwrap
import typing as t

import yaml

from tests.e2e.ansible.test_documentation import addressed, connections
from tests.e2e.support.controller import play
from tests.e2e.support.documented import documentation, guide_blocks, guide_plays
from tests.e2e.support.world import digest, vaulted

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller
    from tests.e2e.support.world import World


def examples(world: World, controller: Controller, name: str) -> str:
    text = documentation(controller, f"swarmvault.secrets.{name}", "lookup")["examples"]
    return addressed(world.bed, text)


def test_every_example_of_vault_secret_runs_as_it_stands_there(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> None:
    text = examples(world, controller, "vault_secret").replace("/etc/shop", str(tmp_path))
    world.vault.policy("lookup-examples", 'path "secret/data/*" { capabilities = ["read"] }')
    role_id, secret_id = world.vault.approle("lookup-examples", ["lookup-examples"])
    canaries.watch("secret_id", secret_id)
    smtp = canaries.value("smtp")
    world.put("mail/smtp", user="shop", password=smtp)
    for path in ("shop/mysql", "shop/redis", "shop/db"):
        world.put(path, password=canaries.value(path))
    world.put("shop/mysql", password=canaries.value("shop/mysql, new"))

    run = controller.run(
        [play(*yaml.safe_load(text), environment=connections(world.bed))],
        inventory=inventory,
        variables={
            "vault_token": world.vault.root_token,
            "vault_role_id": role_id,
            "vault_secret_id": secret_id,
        },
        # Where lookups run.
        environment={"VAULT_CACERT": str(world.vault.ca_cert)},
    )

    assert run.code == 0, run.output
    assert not [result for result in run.results if result.failed]
    world.service("mail", {"smtp": "smtp_password_v1"})
    assert world.shown("mail", "smtp") == {digest(smtp)}
    assert list(yaml.safe_load((tmp_path / "db.json").read_text())) == ["password"]


def test_every_example_of_swarm_secret_name_runs_as_it_stands_there(
    world: World, controller: Controller, inventory: Path, canaries: Canaries, tmp_path: Path
) -> None:
    text = examples(world, controller, "swarm_secret_name").replace("/etc/shop", str(tmp_path))
    # The template stands in the comment.
    template = textwrap.dedent("\n".join(re.findall(r"^#( .*)$", text, flags=re.MULTILINE)[1:]))
    for path in ("shop/mysql", "mail/smtp"):
        world.put(path, password=canaries.value(path))
    for value in ("", "mysql, new"):
        world.rotate(vaulted("mysql_password", "shop/mysql"), vaulted("smtp_password", "mail/smtp"))
        world.put("shop/mysql", password=canaries.value(value))
    tasks = yaml.safe_load(text)
    connection = tasks[0]["vars"]

    run = controller.run(
        [play(*tasks, vars=connection)],
        inventory=inventory,
        files={"stack.yml.j2": template.encode()},
    )

    assert run.code == 0, run.output
    made = yaml.safe_load((tmp_path / "stack.yml").read_text())
    assert made["secrets"] == {"db": {"external": True, "name": "mysql_password_v2"}}
    assert made["services"]["shop"]["secrets"] == [{"source": "db", "target": "mysql_password"}]
    asked = run.task("Ask for several names at once").msg
    assert asked == "['mysql_password_v2', 'smtp_password_v1']"


def test_the_plays_of_the_guide_run_as_they_stand_there(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    """But for the one that deploys, which has a test of its own."""
    shown = yaml.safe_load(addressed(world.bed, yaml.safe_dump(guide_plays("guide_lookups"))))
    plays = [
        {**one, "environment": connections(world.bed)}
        for one in shown
        if one["name"] != "Deploy the shop"
    ]
    (policy,) = guide_blocks("guide_lookups", "hcl")
    metadata = 'path "secret/metadata/shop/*" { capabilities = ["read"] }'  # for hashing alone
    world.vault.policy("lookup-guide", policy + metadata)
    token = world.vault.token(["lookup-guide"])
    canaries.watch("token", token)
    password = canaries.value("password")
    world.put("shop/db/user", user="shop")
    world.put("shop/db/password", password=password)
    variables = {"vault_token": token, "hash_key": canaries.value("hash_key")}
    environment = {"VAULT_CACERT": str(world.vault.ca_cert)}

    run, again = (
        controller.run(plays, inventory=inventory, variables=variables, environment=environment)
        for _time in range(2)
    )

    assert run.code == again.code == 0, run.output
    assert run.rotation["changed"] is True
    assert again.rotation["changed"] is False
    world.service("shop", {"db_url": "db_url_v1"})
    assert world.shown("shop", "db_url") == {digest(f"postgresql://shop:{password}@db/shop")}
    assert run.task("Show how long it is").msg == str(len(password))
