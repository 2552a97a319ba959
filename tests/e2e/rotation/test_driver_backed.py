# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions that a secret driver serves, on real engines, with a real driver and a real OpenBao.

What is told of both kinds of payload is told once, and run with both.
"""

from __future__ import annotations

import typing as t

import pytest
import yaml

from tests.e2e.conftest import NEWEST
from tests.e2e.support.documented import guide_blocks
from tests.e2e.support.looks import actions, reason, states, status
from tests.e2e.support.policies import token_with
from tests.e2e.support.secret_driver import NAME, plugin_driver
from tests.e2e.support.world import World, digest, vaulted

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from testbed import Bed

SETTINGS = {"VAULT_ALLOWED_PATHS": "secret/served/*,secret/shop/*"}
METADATA_ONLY = 'path "secret/metadata/served/*" { capabilities = ["read"] }\n'

BOTH = pytest.mark.parametrize("driver", ["", NAME], ids=["stored", "driver-backed"])


@pytest.fixture(scope="module")
def _driver_of_newest(newest_bed: Bed) -> Iterator[None]:
    with plugin_driver(newest_bed, **SETTINGS):
        yield


@pytest.fixture(scope="module")
def _driver_of_oldest(oldest_bed: Bed) -> Iterator[None]:
    with plugin_driver(oldest_bed, **SETTINGS):
        yield


@pytest.fixture
def served(_driver_of_newest: None, world: World) -> World:
    """An empty Swarm of the newest engine whose managers have the driver."""
    return world


@pytest.fixture
def any_served(request: pytest.FixtureRequest, any_world: World) -> World:
    """The same of each generation."""
    newest = any_world.bed.generation == NEWEST
    request.getfixturevalue("_driver_of_newest" if newest else "_driver_of_oldest")
    return any_world


def drivers(world: World) -> dict[str, str | None]:
    """Return who serves each Swarm secret; None: the Swarm stores it."""
    specs = [found["Spec"] for found in world.client.secrets()]
    return {spec["Name"]: (spec.get("Driver") or {}).get("Name") for spec in specs}


@BOTH
def test_a_secret_lives_the_same_life_whoever_serves_it(served: World, driver: str) -> None:
    world = served
    request = vaulted("db", "served/db", "password", driver=driver)
    world.put("served/db", password="first")
    assert actions(world.rotate(request))["db"][0] == "created"
    world.service("web", {"pw": "db_v1"})
    assert world.shown("web", "pw") == {digest("first")}

    world.put("served/db", password="second")
    planned = world.rotate(request, check=True)
    done = world.rotate(request)
    assert [one.action for one in planned.secrets] == ["rotated"]
    assert (planned.after, planned.before) == (done.after, done.before)
    assert states(done) == {"web": ("updated", "converged")}
    assert world.shown("web", "pw") == {digest("second")}
    assert not world.rotate(request).changed

    world.put("served/db", password="bad")
    failed = world.rotate(request)
    assert states(failed)["web"] == ("updated", "rolled_back")
    assert (world.references("web"), status(world, "db_v3")) == ({"pw": "db_v2"}, "quarantined")
    tasks = {task["ID"] for task in world.settled_tasks("web")}
    assert not world.rotate(request).changed
    assert world.task_ids("web") == tasks

    world.put("served/db", password="fourth")
    world.rotate(request)
    # Of those that were good one stays to go back to, and the rejected one that came between goes.
    assert world.shown("web", "pw") == {digest("fourth")}
    assert set(world.names()) <= {"db_v2", "db_v3", "db_v4"}
    assert {"db_v2", "db_v4"} <= set(world.names())

    (old,) = [one for one in world.client.secrets() if one["Spec"]["Name"] == "db_v2"]
    world.edit("web", lambda spec: _refer(spec, old["ID"], "db_v2"))
    world.wait_running("web")
    assert world.shown("web", "pw") == {digest("second")}, "what it was then"
    drifted = world.rotate(request)
    assert "drift" in reason(drifted, "web")
    assert world.shown("web", "pw") == {digest("fourth")}

    world.rotate(request, state="rolled_back")
    assert world.references("web") == {"pw": "db_v2"}
    assert world.shown("web", "pw") == {digest("second")}
    assert set(drivers(world).values()) == {driver or None}


def _refer(spec: dict[str, t.Any], secret_id: str, name: str) -> None:
    (entry,) = spec["TaskTemplate"]["ContainerSpec"]["Secrets"]
    entry.update(SecretID=secret_id, SecretName=name)


def test_one_run_moves_a_secret_to_the_driver_and_one_back(any_served: World) -> None:
    world = any_served
    world.put("served/moved", password="same")
    stored = vaulted("db", "served/moved", "password", driver="")
    by_driver = vaulted("db", "served/moved", "password", driver=NAME)
    as_it_is = vaulted("db", "served/moved", "password")
    world.rotate(stored)
    world.service("web", {"pw": "db_v1"})
    metadata_only = token_with(world.vault, METADATA_ONLY)

    planned = world.rotate(by_driver, check=True, token=metadata_only)
    moved = world.rotate(by_driver, token=metadata_only)
    assert actions(moved)["db"] == ("rotated", "db_v2")
    assert planned.secrets[0].reason == moved.secrets[0].reason
    assert f"from now on it is served by {NAME}" in moved.secrets[0].reason
    assert f"secret db_v2 (driver {NAME})" in planned.after
    assert world.references("web") == {"pw": "db_v2"}
    assert world.shown("web", "pw") == {digest("same")}
    # What does not say who is to serve it leaves that as it is, and the value out of the Swarm.
    assert not world.rotate(as_it_is, token=metadata_only).changed
    world.put("served/moved", password="other")
    world.rotate(as_it_is, token=metadata_only)
    assert world.shown("web", "pw") == {digest("other")}

    back = world.rotate(stored)
    assert actions(back)["db"] == ("rotated", "db_v4")
    assert "stored in the Swarm" in back.secrets[0].reason
    assert world.shown("web", "pw") == {digest("other")}
    assert drivers(world)["db_v4"] is None
    assert drivers(world)["db_v3"] == NAME
    world.rotate(stored, state="rolled_back")
    assert world.references("web") == {"pw": "db_v3"}
    assert world.shown("web", "pw") == {digest("other")}


def test_a_driver_that_cannot_serve_a_value_is_no_verdict_on_it(served: World) -> None:
    world = served
    world.put("served/db", password="first")
    request = vaulted("db", "served/db", "password", driver=NAME)
    world.rotate(request)
    world.service("web", {"pw": "db_v1"})
    refused = world.rotate(vaulted("db", "served/db", "password", driver="not-installed"))
    assert refused.failed
    assert 'plugin "not-installed" not found' in refused.message
    assert "Install the plugin on every manager" in refused.message
    assert world.names() == ["db_v1"]

    world.put("served/db", passphrase="under another name")
    for _run in range(2):
        failed = world.rotate(request)
        assert states(failed)["web"] == ("updated", "unplaceable"), failed.message
        assert (world.references("web"), status(world, "db_v2")) == ({"pw": "db_v1"}, "pending")
    assert world.shown("web", "pw") == {digest("first")}
    world.put("served/db", password="third")
    done = world.rotate(request)
    assert not done.failed, done.message
    assert world.shown("web", "pw") == {digest("third")}


def test_a_stack_files_secret_is_taken_over_with_its_driver(served: World) -> None:
    world = served
    world.put("served/stack", password="first")
    labels = {"vault_path": "served/stack", "vault_field": "password", "owner": "shop"}
    world.secret_as(Name="shop_pw", Driver={"Name": NAME}, Labels=labels)
    world.put("served/token", password="x")
    kept = {"vault_path": "served/token", "vault_type": "vault_token"}
    world.secret_as(Name="shop_token", Driver={"Name": NAME}, Labels=kept)
    world.service("web", {"pw": "shop_pw"})

    adopted = world.rotate(discover=True, discover_paths=("secret/served/*",))
    assert actions(adopted) == {"shop_pw": ("adopted", "shop_pw_v1")}
    (warning,) = adopted.warnings
    assert "shop_token is left as it is" in warning
    assert world.shown("web", "pw") == {digest("first")}
    assert world.secrets()["shop_pw_v1"]["owner"] == "shop"
    assert set(drivers(world).values()) == {NAME}
    world.put("served/stack", password="second")
    world.rotate(discover=True)
    assert world.shown("web", "pw") == {digest("second")}


def test_what_the_guide_shows_is_served_by_the_driver(served: World) -> None:
    blocks = [yaml.safe_load(one) for one in guide_blocks("guide_rotation", "yaml")]
    entries = [one["secrets"] for one in blocks if isinstance(one, dict) and "secrets" in one]
    (entry,) = [one[0] for one in entries if isinstance(one, list) and "driver" in one[0]]
    served.put(entry["vault_path"], **{entry["vault_field"]: "shown"})
    request = vaulted(entry["name"], entry["vault_path"], entry["vault_field"], driver=NAME)
    served.rotate(request)
    served.service("web", {"key": f"{entry['name']}_v1"})
    assert served.shown("web", "key") == {digest("shown")}
