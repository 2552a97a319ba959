# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README, guide and ``ansible-doc`` show works as it stands there.

Only addresses and files of certificates are put in the place of the made-up ones.
"""

from __future__ import annotations

import base64
import os
import typing as t

import pytest
import yaml

from tests.e2e.support.controller import Controller, play, rotating
from tests.e2e.support.documented import fenced, guide_plays
from tests.e2e.support.reach import NODE_CA, over_tcp
from tests.e2e.support.secret_driver import secret_driver
from tests.e2e.support.snapshot import snapshot
from tests.e2e.support.world import digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed
    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.world import World


def addressed(bed: Bed, text: str) -> str:
    """Put this bed's addresses and certificates in the place of the made-up ones."""
    options = bed.docker_options()
    places = {
        "https://vault.example.com:8200": bed.vault.url,
        "/etc/ssl/certs/company-ca.pem": str(bed.vault.ca_cert),
        "tcp://manager1.example.com:2376": options["docker_host"],
        "/etc/docker/ca.pem": options["ca_path"],
        "/etc/docker/cert.pem": options["client_cert"],
        "/etc/docker/key.pem": options["client_key"],
    }
    for made_up, real in places.items():
        text = text.replace(made_up, real)
    assert "example.com" not in text
    return text


# -- README and guide -----------------------------------------------------------------------------


def test_the_story_of_the_readme_goes_as_it_is_told_and_the_guides_schedule_finds_nothing_to_do(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    texts = fenced("yaml")[:2]  # the third is of the plugin, and its own tests deploy such a one
    playbook, shown = (yaml.safe_load(addressed(world.bed, text)) for text in texts)
    (policy,) = fenced("hcl")
    (scheduled,) = yaml.safe_load(addressed(world.bed, yaml.safe_dump(guide_plays())))
    world.vault.policy("readme", policy)
    role_id, secret_id = world.vault.approle("readme", ["readme"])
    canaries.watch("secret_id", secret_id)
    first, second = canaries.value("readme, first"), canaries.value("readme, second")
    world.put("shop/db", password=first)
    world.secret("db_password", first)
    world.service("shop", {"db_password": "db_password"}, replicas=3)

    def run(*plays: dict[str, t.Any]) -> t.Any:
        trusting = [{**one, "environment": {"VAULT_CACERT": NODE_CA}} for one in plays]
        variables = {"vault_role_id": role_id, "vault_secret_id": secret_id}
        done = controller.run(trusting, inventory=inventory, variables=variables)
        assert done.code == 0, done.output
        return done

    adopted = run(*playbook).rotation

    assert [secret["action"] for secret in adopted["secrets"]] == ["adopted"]
    assert world.references("shop") == {"db_password": "db_password_v1"}
    assert "db_password" in world.names()

    world.put("shop/db", password=second)
    rotated, nothing = run(*playbook, scheduled).rotations

    shown["services"][0]["duration"] = rotated["services"][0]["duration"]
    assert {key: rotated[key] for key in shown} == shown
    assert world.shown("shop", "db_password") == {digest(second)}
    assert nothing["changed"] is False
    assert [secret["name"] for secret in nothing["secrets"]] == ["db_password"]


# -- EXAMPLES of the module -----------------------------------------------------------------------

#: The name of a plugin that an example asks for.
PLUGIN = "vault-secrets-plugin:latest"
#: What each example does in the Swarm below: the actions by logical secret.
EXPECTED: dict[str, dict[str, str]] = {
    "Keep one password in step with Vault": {"mysql_password": "rotated"},
    "Keep many secrets in step, with AppRole": {
        "shop_db_user": "created",
        "shop_db_password": "created",
        "shop_settings.json": "created",
        "legacy_api_key": "created",
    },
    "Manage whatever tells in its labels where it comes from": {"stack_db": "adopted"},
    "See what would be done": {"stack_db": "unchanged"},
    "Keep credentials that the database engine leases out, and a certificate": {
        "db_user": "created",
        "db_password": "created",
        "web_tls.crt": "created",
        "web_tls.key": "created",
    },
    "Let a plugin serve the value when a task starts, with nothing of it in the Swarm": {
        "shop_api_key": "created"
    },
    "Run on a schedule, where an unreachable Vault is no reason to fail": {"stack_db": "unchanged"},
    "Use values that come from elsewhere": {"smtp_password": "created", "tls_keystore": "created"},
    "Give a secret to services that do not have it yet": {"mysql_password": "recorded"},
    "Move all services back together if one of them fails": {"cluster_key": "created"},
    "Go back to the version before, no matter what Vault holds": {"mysql_password": "rolled_back"},
    "Remove all versions of a secret that no service uses any more": {"old_password": "removed"},
}


@pytest.mark.usefixtures("old_kv", "shop", "pki")
def test_every_example_of_the_module_runs_as_it_stands_there(
    world: World,
    controller: Controller,
    inventory: Path,
    canaries: Canaries,
    documented: dict[str, t.Any],
) -> None:
    tasks = yaml.safe_load(addressed(world.bed, documented["examples"]))
    # In one Swarm, unlike in the examples, all have to do with each other's secrets, and what was
    # made with a hash_key cannot be compared without it: those with one come last.
    tasks.sort(key=lambda task: "hash_key" in str(task))
    keystore, smtp = os.urandom(512), canaries.value("smtp")
    canaries.watch("keystore", base64.b64encode(keystore).decode())
    world.vault.policy("examples", 'path "*" { capabilities = ["read"] }')
    role_id, secret_id = world.vault.approle("examples", ["examples"])
    canaries.watch("secret_id", secret_id)
    variables = {
        "vault_token": world.vault.root_token,
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
        "fingerprint_key": canaries.value("hash_key"),
    }
    prepare(world, controller, inventory, canaries, variables)

    with secret_driver(world.bed, PLUGIN):
        run = controller.run(
            [play(*tasks, environment=connections(world.bed))],
            inventory=inventory,
            variables=variables,
            files={"keystore.p12": keystore},
            # Where the lookup of the example runs, rather than the module.
            environment={"SMTP_PASSWORD": smtp},
        )

    assert run.code == 0, run.output
    done = {
        result.task: {secret["name"]: secret["action"] for secret in result["secrets"]}
        for result in run.rotations
    }
    assert done.keys() == EXPECTED.keys()
    for name, expected in EXPECTED.items():
        assert expected.items() <= done[name].items(), name
    assert world.references("shop_web") == {"mysql_password": "mysql_password_v1"}
    assert world.references("shop_worker") == {"db_password": "mysql_password_v1"}
    assert world.references("stack") == {"db": "stack_db_v1"}
    assert "old_password_v1" not in world.names()


def connections(bed: Bed) -> dict[str, str]:
    """Return what the examples leave to the environment, without any credentials."""
    wanted = {"DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "VAULT_CACERT"}
    return {key: value for key, value in bed.environment().items() if key in wanted}


def prepare(
    world: World,
    controller: Controller,
    inventory: Path,
    canaries: Canaries,
    variables: dict[str, t.Any],
) -> None:
    """Fill Vault and the Swarm with what the examples speak of."""
    for path, fields in {
        "shop/mysql": ("password",),
        "shop/db": ("user", "password"),
        "shop/settings": ("theme", "currency"),
        "shop/cluster": ("key",),
        "shop/api": ("key",),
    }.items():
        world.put(path, **{field: canaries.value(f"{path} {field}") for field in fields})
    world.vault.put("legacy/api", mount="old/kv", key=canaries.value("legacy"))
    world.secret(
        "stack_db", canaries.value("stack"), {"vault_path": "shop/db", "vault_field": "password"}
    )
    world.service("stack", {"db": "stack_db"})
    for name in ("shop_web", "shop_worker"):
        world.service(name)
    task = rotating(
        **over_tcp(world.bed),
        vault_token="{{ vault_token }}",
        secrets=[
            {"name": "mysql_password", "vault_path": "shop/mysql"},
            {"name": "old_password", "data": "{{ fingerprint_key }}"},
        ],
    )
    done = controller.run([play(task)], inventory=inventory, variables=variables)
    assert done.code == 0, done.output
    # The one with labels is theirs to adopt.
    assert ("secret", "stack_db_v1") not in snapshot(world)
    world.put("shop/mysql", password=canaries.value("shop/mysql, second"))
