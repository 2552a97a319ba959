# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plays that the guides to engines, leases and certificates show work as they stand there."""

from __future__ import annotations

import base64
import typing as t

import yaml

from tests.e2e.ansible.test_documentation import addressed
from tests.e2e.support.authority import authority
from tests.e2e.support.documented import guide_blocks, guide_plays
from tests.e2e.support.reach import NODE_CA
from tests.e2e.support.shop import STATIC

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller, Run
    from tests.e2e.support.shop import Shop
    from tests.e2e.support.world import World


def shown(world: World, guide: str, *, expected: int) -> list[dict[str, t.Any]]:
    """Return the plays of a guide, with this bed's addresses."""
    plays = yaml.safe_load(addressed(world.bed, yaml.safe_dump(guide_plays(guide))))
    assert len(plays) == expected
    return [{**play, "environment": {"VAULT_CACERT": NODE_CA}} for play in plays]


def actions(run: Run) -> list[dict[str, str]]:
    """Return what each play did to each secret."""
    assert run.code == 0, run.output
    return [
        {secret["name"]: secret["action"] for secret in result["secrets"]}
        for result in run.rotations
    ]


def test_the_guide_to_engines_reads_each_of_them(
    shop: Shop, old_kv: None, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    assert old_kv is None
    world = shop.world
    for path, fields in {
        "shop/db": ("user", "password"),
        "shop/api": ("token",),
        "shop/settings": ("theme", "currency"),
        "shop/partner": ("key",),
    }.items():
        world.put(path, **{field: canaries.value(f"{path} {field}") for field in fields})
    keystore = {"jks": base64.b64encode(bytes(range(256))).decode(), "password": "changeit"}
    world.put("shop/keystore", **keystore)
    root = world.vault.client()
    root.sys.enable_secrets_engine("kv", path="team/apps/kv", options={"version": "2"})
    world.vault.put("mail", mount="team/apps/kv", password=canaries.value("mail"))
    world.vault.put("legacy/api", mount="old/kv", key=canaries.value("legacy"))
    root.secrets.database.create_static_role(
        "report", db_name="shop", username=STATIC, rotation_statements=[], rotation_period="24h"
    )
    variables = {
        "vault_token": world.vault.root_token,
        "fingerprint_key": canaries.value("hash_key"),
    }
    plays = shown(world, "guide_engines", expected=4)

    first = controller.run(plays, inventory=inventory, variables=variables)
    world.put("shop/partner", key=canaries.value("a later version"))
    second = controller.run(plays, inventory=inventory, variables=variables)

    root.sys.disable_secrets_engine("team/apps/kv")
    names = [
        {"db_password", "api_token", "settings.json", "partner_key", "mail_password"},
        {"shop.jks", "shop.jks.password"},
        {"legacy_key"},
        {"report_password"},
    ]
    assert actions(first) == [dict.fromkeys(group, "created") for group in names]
    # The later version of shop/partner is none of its business: it is pinned.
    assert actions(second) == [dict.fromkeys(group, "unchanged") for group in names]


def test_the_guide_to_leases_gets_along_with_the_policy_it_shows(
    shop: Shop, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    world = shop.world
    (policy,) = guide_blocks("guide_leases", "hcl")
    world.vault.policy("leases", policy)
    role_id, secret_id = world.vault.approle("leases", ["leases"])
    canaries.watch("secret_id", secret_id)
    variables = {
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
        "vault_token": world.vault.token(["leases"]),
    }
    plays = shown(world, "guide_leases", expected=2)
    with authority(world.vault):
        first = controller.run(plays, inventory=inventory, variables=variables)
        assert actions(first) == [
            {"db_user": "created", "db_password": "created"},
            {"web_tls.crt": "created", "web_tls.key": "created"},
        ]
        shop.service()

        second = controller.run(plays, inventory=inventory, variables=variables)
        assert [result["changed"] for result in second.rotations] == [False, False]

        shop.age()
        third = controller.run(plays[:1], inventory=inventory, variables=variables)

    assert actions(third) == [{"db_user": "rotated", "db_password": "rotated"}]
    assert third.rotation["revoked"] == ["db_password_v1", "db_user_v1"]
    assert len(shop.made()) == 1
    assert shop.failed_logins() == {}
