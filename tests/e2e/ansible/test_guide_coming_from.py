# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guide for those who come from other tools shows takes over what these tools made."""

from __future__ import annotations

import hashlib
import typing as t

import pytest
import yaml

from tests.e2e.ansible.test_documentation import addressed
from tests.e2e.ansible.test_guides import actions, shown
from tests.e2e.support.documented import guide_blocks
from tests.e2e.support.secret_driver import secret_driver
from tests.e2e.support.world import digest

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.canary import Canaries
    from tests.e2e.support.controller import Controller
    from tests.e2e.support.world import World

GUIDE = "guide_coming_from"


def of_docker_secret(value: str, number: int | None = None) -> dict[str, str]:
    """Return the labels that docker_secret writes (its plugins/modules/docker_secret.py).

    :param number: that of the version, with rolling_versions.
    """
    labels = {"ansible_key": hashlib.sha224(value.encode()).hexdigest()}
    return labels if number is None else {**labels, "ansible_version": str(number)}


@pytest.mark.case("N1")
def test_the_plays_of_the_guide_take_over_what_other_tools_made(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    old = {name: canaries.value(f"old {name}") for name in ("api", "db1", "db2", "script")}
    world.secret("api_key", old["api"], labels=of_docker_secret(old["api"]))
    for number in (1, 2):
        value = old[f"db{number}"]
        world.secret(f"db_password_v{number}", value, labels=of_docker_secret(value, number))
    for name in ("smtp_password_v3", "smtp_password_v4", "session-key-2026"):
        world.secret(name, old["script"])
    plugin = {"vault_path": "shop/labelled", "vault_field": "password"}
    world.secret("labelled", old["script"], labels=plugin)
    references = {
        "api_key": "api_key",
        "db_password": "db_password_v2",
        "smtp_password": "smtp_password_v4",
        "session_key": "session-key-2026",
        "labelled": "labelled",
    }
    world.service("web", references)
    world.service("late", {"db_password": "db_password_v1", "smtp_password": "smtp_password_v3"})
    new = {}
    for path, field in {
        "shop/api": "key",
        "shop/db": "password",
        "shop/smtp": "password",
        "shop/session": "key",
        "shop/labelled": "password",
    }.items():
        new[path] = canaries.value(path)
        world.put(path, **{field: new[path]})
    before = set(world.names())
    variables = {"vault_token": world.vault.root_token}
    plays = shown(world, GUIDE, expected=3)

    first = controller.run(plays, inventory=inventory, variables=variables)
    second = controller.run(plays, inventory=inventory, variables=variables)

    by_docker_secret, by_script, by_label = actions(first)
    assert by_docker_secret == {"api_key": "adopted", "db_password": "adopted"}
    assert by_script == {"smtp_password": "adopted", "session_key": "adopted"}
    assert by_label["labelled"] == "adopted"
    assert [result["changed"] for result in second.rotations] == [False, False, False]
    assert world.references("web") == {
        "api_key": "api_key_v1",
        "db_password": "db_password_v3",
        "smtp_password": "smtp_password_v5",
        "session_key": "session_key_v1",
        "labelled": "labelled_v1",
    }
    assert world.references("late") == {
        "db_password": "db_password_v3",
        "smtp_password": "smtp_password_v5",
    }
    assert world.shown("web", "db_password") == {digest(new["shop/db"])}
    assert before < set(world.names()), "what other tools made stays"
    assert set(world.secrets()["db_password_v3"]).isdisjoint({"ansible_key", "ansible_version"})


@pytest.mark.case("N9")
def test_a_secret_that_a_plugin_serves_is_stored_only_as_the_guide_says(
    world: World, controller: Controller, inventory: Path, canaries: Canaries
) -> None:
    (block,) = [one for one in guide_blocks(GUIDE, "yaml") if one.startswith("secrets:")]
    (entry,) = yaml.safe_load(block)["secrets"]
    (play, *_rest) = shown(world, GUIDE, expected=3)
    play["tasks"][0]["swarmvault.secrets.swarm_secret_rotate"]["secrets"] = [entry]
    unasked = yaml.safe_load(addressed(world.bed, yaml.safe_dump(play)))
    del unasked["tasks"][0]["swarmvault.secrets.swarm_secret_rotate"]["secrets"][0]["adopt"]
    world.put("shop/mail", password=canaries.value("mail"))
    variables = {"vault_token": world.vault.root_token}
    with secret_driver(world.bed) as driver:
        world.secret_as(Name="mail_password", Driver={"Name": driver})
        world.service("web", {"mail_password": "mail_password"})

        refused = controller.run([unasked], inventory=inventory, variables=variables)
        assert refused.code != 0
        assert "add adopt: [mail_password]" in refused.rotation["msg"]
        assert world.names() == ["mail_password"]

        done = controller.run([play], inventory=inventory, variables=variables)
        assert actions(done) == [{"mail_password": "adopted"}]
        assert world.references("web") == {"mail_password": "mail_password_v1"}
        world.client.remove_service("web")
