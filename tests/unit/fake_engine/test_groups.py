# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that go together, and those that have nothing to do with each other, in whole runs."""

from __future__ import annotations

import pytest

from tests.fake_engine.product import SecretRequest, VaultSource
from tests.fake_engine.scenario import Run, Scenario


def field(name: str, path: str = "shop/db") -> SecretRequest:
    return SecretRequest(name, source=VaultSource(path, name))


USER, PASSWORD = field("user"), field("password")


def actions(run: Run) -> dict[str, str]:
    return {secret.name: secret.action for secret in run.told.secrets}


def shop() -> Scenario:
    """Return a Swarm where a service has user and password of one path."""
    scene = Scenario()
    scene.vault.put("shop/db", user="u1", password="p1")
    scene.rotate(USER, PASSWORD)
    scene.service("web", "user_v1", "password_v1")
    return scene


@pytest.mark.case("R2")
def test_of_one_path_a_service_runs_all_fields_of_one_version_whatever_is_rejected() -> None:
    scene = shop()
    scene.vault.put("shop/db", user="u2", password="p2")
    scene.behaviour.rejects("web", b"p2")

    assert actions(scene.rotate(USER, PASSWORD)) == {
        "user": "quarantined",
        "password": "quarantined",
    }
    assert scene.values_in("web") == {"user": "u1", "password": "p1"}
    # With another half beside it, it is another group: which half was at fault is not known.
    scene.behaviour.rejects("web", b"u3")
    scene.vault.put("shop/db", user="u3", password="p1")
    scene.rotate(USER, PASSWORD)
    assert scene.values_in("web") == {"user": "u1", "password": "p1"}

    scene.vault.put("shop/db", user="u4", password="p3")
    assert actions(scene.rotate(USER, PASSWORD)) == {"user": "rotated", "password": "rotated"}
    assert scene.values_in("web") == {"user": "u4", "password": "p3"}


@pytest.mark.case("S7")
def test_a_rejected_value_that_is_written_again_is_not_tried_again() -> None:
    scene = shop()
    scene.behaviour.rejects("web", b"p2")
    for _write in range(2):
        scene.vault.put("shop/db", user="u2", password="p2")
        scene.rotate(USER, PASSWORD)
    quiet = scene.rotate(USER, PASSWORD)
    assert quiet.writes == []
    assert not quiet.told.changed
    assert [name for name in scene.secret_names() if name.startswith("password")] == [
        "password_v1",
        "password_v2",
    ]


@pytest.mark.case("R3")
def test_half_of_a_group_goes_back_with_the_other_half_or_not_at_all() -> None:
    scene = shop()
    scene.vault.put("shop/db", user="u2", password="p2")
    scene.rotate(USER, PASSWORD)

    refused = scene.rotate(USER, state="rolled_back")
    assert refused.report is None
    assert "password" in str(refused.error)
    assert refused.writes == []

    planned = scene.rotate(USER, PASSWORD, state="rolled_back", check_mode=True)
    assert planned.told.changed
    scene.rotate(USER, PASSWORD, state="rolled_back")
    assert scene.values_in("web") == {"user": "u1", "password": "p1"}
    assert not scene.rotate(USER, PASSWORD, state="rolled_back").told.changed


@pytest.mark.case("R8")
def test_going_back_after_a_value_failed_goes_back_from_what_services_run() -> None:
    scene = shop()
    scene.vault.put("shop/db", user="u2", password="p2")
    scene.rotate(USER, PASSWORD)
    scene.vault.put("shop/db", user="u3", password="bad")
    scene.behaviour.rejects("web", b"bad")
    scene.rotate(USER, PASSWORD)
    assert scene.values_in("web") == {"user": "u2", "password": "p2"}

    for _run in range(2):
        scene.rotate(USER, PASSWORD, state="rolled_back")
        assert scene.values_in("web") == {"user": "u1", "password": "p1"}


@pytest.mark.case("R5")
def test_a_secret_with_a_problem_of_its_own_stops_no_other() -> None:
    scene = shop()
    scene.secret("broken", "x", vault_path="shop/x", vault_engine="kv9")
    scene.vault.put("shop/db", user="u2", password="p2")

    run = scene.rotate(USER, PASSWORD, field("missing", "shop/none"), discover=True)

    assert run.told.failed
    assert actions(run) == {
        "user": "rotated",
        "password": "rotated",
        "missing": "failed",
        "broken": "failed",
    }
    assert "missing: There is nothing at secret/shop/none" in run.told.message
    assert "broken: label vault_engine='kv9'" in run.told.message
    assert scene.values_in("web") == {"user": "u2", "password": "p2"}
