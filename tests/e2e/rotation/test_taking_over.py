# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Swarm secrets of other tools become versions: by ``adopt``, by labels, never by guessing."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.current import (
    current_names,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.client import SwarmClient

from tests.e2e.support.secret_driver import secret_driver
from tests.e2e.support.world import World, digest, given, vaulted

ADOPTED = "swarmvault.adopted"


def rolling(number: int) -> dict[str, str]:
    """Return the labels that docker_secret with rolling_versions writes."""
    return {"ansible_key": "d14a028c2a3a2bc9476102bb288234c4", "ansible_version": str(number)}


def looked_up(world: World, name: str) -> str:
    """Return what the lookup swarm_secret_name gives."""
    return current_names([name], SwarmClient(world.transport()).secrets())[0]


@pytest.mark.case("N1")
def test_a_secret_with_a_number_made_by_hand_is_adopted_by_name(any_world: World) -> None:
    world = any_world
    world.secret("db_password_v2", "by-hand")
    world.service("web", {"db_password": "db_password_v2"})
    world.put("take/db", password="from-vault")
    request = vaulted("db_password", "take/db", adopt=("DB_password_v2",))

    planned = world.rotate(request, check=True)
    assert (planned.changed, world.names()) == (True, ["db_password_v2"])
    assert "db_password_v3" in planned.diff()["after"]

    report = world.rotate(request)

    (secret,) = report.secrets
    assert (secret.action, secret.current) == ("adopted", "db_password_v3")
    assert secret.previous == "db_password_v2"
    assert world.references("web") == {"db_password": "db_password_v3"}
    assert world.shown("web", "db_password") == {digest("from-vault")}
    assert not world.rotate(request).changed
    # Noted in a label, so that later runs need not be told.
    assert world.secrets()["db_password_v2"] == {ADOPTED: "db_password"}
    assert looked_up(world, "db_password") == "db_password_v3"

    back = world.rotate(vaulted("db_password", "take/db"), state="rolled_back")
    assert [service.state for service in back.services] == ["converged"]
    assert world.references("web") == {"db_password": "db_password_v2"}
    assert world.shown("web", "db_password") == {digest("by-hand")}
    assert looked_up(world, "db_password") == "db_password_v2"


@pytest.mark.case("N1")
def test_what_docker_secret_made_with_rolling_versions_is_recognised(world: World) -> None:
    for number in (1, 2):
        world.secret(f"db_v{number}", f"rolled-{number}", labels=rolling(number))
    world.service("web", {"db": "db_v2"})
    world.service("old", {"db": "db_v1"})
    world.put("take/rolling", password="from-vault")
    request = vaulted("db", "take/rolling")

    report = world.rotate(request)

    assert [(s.action, s.current) for s in report.secrets] == [("adopted", "db_v3")]
    assert {world.references(name)["db"] for name in ("web", "old")} == {"db_v3"}
    assert world.secrets()["db_v2"] == rolling(2), "its labels say enough"
    assert "ansible_key" not in world.secrets()["db_v3"]
    for number in (2, 3, 4):
        world.put("take/rolling", password=f"value-{number}")
        world.rotate(request, keep_versions=1)
    assert {"db_v1", "db_v2"} < set(world.names()), "what somebody else made is never removed"

    world.client.remove_service("web")
    world.client.remove_service("old")
    world.rotate(request, state="absent")
    assert world.names() == ["db_v1", "db_v2"]


@pytest.mark.case("N1")
def test_a_value_that_fails_leads_back_to_what_was_adopted(world: World) -> None:
    world.secret("db_v7", "by-hand")
    world.service("web", {"db": "db_v7"})
    world.put("take/bad", password="bad-value")

    report = world.rotate(vaulted("db", "take/bad", adopt=("db_v7",)))

    assert report.failed
    assert world.references("web") == {"db": "db_v7"}
    assert world.secrets()["db_v8"]["swarmvault.status"] == "quarantined"


@pytest.mark.case("N1")
def test_without_adopt_the_secrets_and_services_that_stay_behind_are_named(world: World) -> None:
    world.secret("db_password_v2", "by-hand")
    world.service("web", {"db_password": "db_password_v2"})
    world.put("take/warn", password="from-vault")

    report = world.rotate(vaulted("db_password", "take/warn"))

    (warning,) = report.warnings
    assert "web uses db_password_v2, which the run leaves alone" in warning
    assert "add adopt: [db_password_v2]" in warning
    assert world.references("web") == {"db_password": "db_password_v2"}


@pytest.mark.case("N1")
def test_what_cannot_be_adopted_is_told_before_anything_changes(world: World) -> None:
    world.rotate(given("other", "one"))
    world.secret("db_v1", "by-hand")

    with pytest.raises(InputError) as refused:
        world.rotate(given("db", "value", adopt=("missing", "other_v1")))

    assert "adopt names missing, but there is no such Swarm secret" in str(refused.value)
    assert "adopt names other_v1, which is a version of other" in str(refused.value)
    assert world.names() == ["db_v1", "other_v1"]


@pytest.mark.case("N2")
def test_a_template_driver_is_carried_over_to_every_version(world: World) -> None:
    client = world.client
    world.secret_as(
        Name="config",
        Data="bmFtZT17eyAuU2VydmljZS5OYW1lIH19",
        Templating={"Name": "golang"},
    )
    world.service("web", {"config": "config"})
    assert world.shown("web", "config") == {digest("name=web")}

    for text in ("first={{ .Service.Name }}", "second={{ .Service.Name }}"):
        world.put("take/template", text=text)
        world.rotate(vaulted("config", "take/template"))
        assert world.shown("web", "config") == {digest(text.replace("{{ .Service.Name }}", "web"))}
    kinds = {s["Spec"]["Name"]: s["Spec"].get("Templating") for s in client.secrets()}
    assert {kind["Name"] for kind in kinds.values()} == {"golang"}


@pytest.mark.case("N3")
def test_labels_of_others_are_inherited_those_of_a_stack_are_not(world: World) -> None:
    others = {"owner": "team-shop", "access.control": "ops"}
    world.secret("db", "by-hand", labels={**others, "com.docker.stack.namespace": "shop"})
    world.put("take/labels", password="one")
    world.rotate(vaulted("db", "take/labels", labels={"access.control": "shop"}))

    labels = world.secrets()["db_v1"]
    assert (labels["owner"], labels["access.control"]) == ("team-shop", "shop")
    assert "com.docker.stack.namespace" not in labels

    world.put("take/labels", password="two")
    world.rotate(vaulted("db", "take/labels"))
    assert world.secrets()["db_v2"]["owner"] == "team-shop"
    assert world.secrets()["db_v2"]["access.control"] == "shop"

    gone = vaulted("db", "take/labels", dropped_labels=frozenset({"owner"}))
    assert world.rotate(gone).changed
    assert "owner" not in world.secrets()["db_v2"]
    assert not world.rotate(gone).changed


@pytest.mark.case("N9")
def test_the_value_of_a_driver_is_not_stored_unless_that_is_asked_for(world: World) -> None:
    with secret_driver(world.bed) as driver:
        client = world.client
        world.secret_as(Name="db", Driver={"Name": driver}, Labels={"team": "shop"})
        world.service("web", {"db": "db"})
        assert world.shown("web", "db") == {digest("from the driver")}
        world.put("take/driver", password="from-vault")

        with pytest.raises(InputError, match="comes from the secret driver shelf") as refused:
            world.rotate(vaulted("db", "take/driver"))
        assert "adopt: [db]" in str(refused.value)
        assert world.names() == ["db"]
        assert world.references("web") == {"db": "db"}

        world.rotate(vaulted("db", "take/driver", adopt=("db",)))
        assert world.references("web") == {"db": "db_v1"}
        assert world.shown("web", "db") == {digest("from-vault")}
        assert not world.rotate(vaulted("db", "take/driver")).changed
        client.remove_service("web")


@pytest.mark.case("V19")
def test_of_rejected_values_only_the_newest_stays(world: World) -> None:
    world.put("take/rejected", password="good")
    world.rotate(vaulted("db", "take/rejected"))
    world.service("web", {"db": "db_v1"})

    for number in range(2, 7):
        world.put("take/rejected", password=f"bad-{number}")
        assert world.rotate(vaulted("db", "take/rejected")).failed
        world.wait_running("web")

    left = set(world.names())
    assert {"db_v1", "db_v6"} <= left
    assert left <= {"db_v1", "db_v5", "db_v6"}, "db_v5 where PreviousSpec may still need it"
    again = world.rotate(vaulted("db", "take/rejected"))
    assert [s.action for s in again.secrets] == ["quarantined"]
    assert world.references("web") == {"db": "db_v1"}
