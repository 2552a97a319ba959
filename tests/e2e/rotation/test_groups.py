# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that only make sense together: no consumer ends with one half new and one half old."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from tests.e2e.support.ageing import age
from tests.e2e.support.authority import authority
from tests.e2e.support.looks import PATIENT, accepts_only, actions, changes, states, status
from tests.e2e.support.world import World, digest, vaulted

LATER = {"swarmvault.wave": "1"}
BOTH = {"password": "password_v1", "user": "user_v1"}


def login(path: str) -> list[SecretRequest]:
    """Return the requests for the user and the password of one path."""
    return [vaulted("user", path, "user"), vaulted("password", path, "password")]


def put(world: World, path: str, number: int, user: int | None = None) -> None:
    """Write both fields as one version."""
    world.put(path, user=f"user {user or number}", password=f"password {number}")


def picky(world: World, name: str, **more: t.Any) -> None:
    """Create a service that has the password, and starts with the first or the third only."""
    command = accepts_only(digest("password 1"), digest("password 3"), target="password")
    references = {"password": "password_v1"}
    world.service(name, references, command=command, update=PATIENT, **more)


@pytest.mark.case("R2")
@pytest.mark.parametrize("wave", ["1", "0"])
def test_a_user_is_not_moved_on_without_its_password(world: World, wave: str) -> None:
    """One consumer rejects the password; another one uses both."""
    path = "groups/login"
    put(world, path, 1)
    world.rotate(*login(path))
    picky(world, "canary")
    world.service("web", BOTH, labels={"swarmvault.wave": wave})
    tasks = world.task_ids("web")
    put(world, path, 2)

    report = world.rotate(*login(path), max_parallel=1)

    assert report.failed
    assert states(report) == {"canary": ("updated", "rolled_back"), "web": ("skipped", "blocked")}
    assert world.references("web") == BOTH
    assert world.task_ids("web") == tasks
    assert actions(report) == {
        "user": ("quarantined", "user_v1"),
        "password": ("quarantined", "password_v1"),
    }
    assert status(world, "user_v2") == status(world, "password_v2") == "quarantined"
    again = world.rotate(*login(path))
    assert (again.failed, again.changed, changes(world)) == (False, False, [])
    assert world.task_ids("web") == tasks

    put(world, path, 3)
    good = world.rotate(*login(path))
    assert not good.failed, good.message
    assert world.references("web") == {"password": "password_v3", "user": "user_v3"}
    assert world.references("canary") == {"password": "password_v3"}
    for name in ("user", "password"):
        assert world.shown("web", name) == {digest(f"{name} 3")}


@pytest.mark.case("R2")
def test_where_only_the_password_is_another_the_user_stays_and_a_quiet_run_follows(
    world: World,
) -> None:
    path = "groups/same-user"
    put(world, path, 1)
    world.rotate(*login(path))
    picky(world, "canary")
    world.service("web", BOTH, labels=LATER)
    tasks = world.task_ids("web")
    put(world, path, 2, user=1)

    report = world.rotate(*login(path))

    assert report.failed
    assert states(report) == {"canary": ("updated", "rolled_back"), "web": ("skipped", "blocked")}
    assert (world.references("web"), world.task_ids("web")) == (BOTH, tasks)
    assert status(world, "password_v2") == "quarantined"
    assert world.names() == ["password_v1", "password_v2", "user_v1"]
    assert status(world, "user_v1") == "active"
    again = world.rotate(*login(path))
    assert (again.failed, again.changed, changes(world)) == (False, False, [])


@pytest.mark.case("R2")
def test_with_rollback_all_those_that_moved_go_back_with_both(world: World) -> None:
    path = "groups/all"
    put(world, path, 1)
    world.rotate(*login(path))
    world.service("early", BOTH)
    picky(world, "picky", labels=LATER)
    put(world, path, 2)

    report = world.rotate(*login(path), on_failure="rollback_all")

    assert states(report) == {
        "early": ("updated", "rolled_back"),
        "picky": ("updated", "rolled_back"),
    }
    assert world.references("early") == BOTH
    assert status(world, "user_v2") == status(world, "password_v2") == "quarantined"
    for name in ("user", "password"):
        assert world.shown("early", name) == {digest(f"{name} 1")}


# -- going back on demand -------------------------------------------------------------------------


def check_alike(world: World, first: str, second: str) -> None:
    """Check that a service has both at one version, or would have been refused."""
    found = world.references("web")
    numbers = {found[name].rpartition("_v")[2] for name in (first, second)}
    assert len(numbers) == 1, found


def go_back(world: World, name: str) -> str:
    """Ask for one of the two to be gone back with; return what was said."""
    try:
        report = world.rotate(SecretRequest(name), state="rolled_back")
    except InputError as refused:
        return str(refused)
    assert not report.failed, report.message
    return report.message


@pytest.mark.case("R3")
def test_one_field_of_a_path_is_not_gone_back_with_alone(world: World) -> None:
    path = "groups/back"
    put(world, path, 1)
    world.rotate(*login(path))
    world.service("web", BOTH)
    put(world, path, 2)
    world.rotate(*login(path))

    said = go_back(world, "password")

    check_alike(world, "user", "password")
    if world.references("web") != BOTH:
        assert "user" in said

    # Both together it is.
    both = world.rotate(SecretRequest("user"), SecretRequest("password"), state="rolled_back")
    assert not both.failed, both.message
    assert world.references("web") == BOTH
    assert status(world, "user_v2") == status(world, "password_v2") == "quarantined"


@pytest.mark.case("R3")
def test_a_certificate_is_not_gone_back_with_without_its_key(world: World) -> None:
    fields = {"tls.crt": "certificate", "tls.key": "private_key"}
    params = '{"common_name": "shop.example.org", "ttl": "24h"}'
    requests = [
        SecretRequest(name, VaultSource("pki/issue/web", field, engine="pki", params=params))
        for name, field in fields.items()
    ]
    with authority(world.vault):
        world.rotate(*requests)
        world.service("web", {name: f"{name}_v1" for name in fields})
        age(world.client, 18 * 3600)
        assert not world.rotate(*requests).failed
        assert world.references("web") == {name: f"{name}_v2" for name in fields}

        said = go_back(world, "tls.crt")

        check_alike(world, *fields)
        if world.references("web")["tls.crt"] == "tls.crt_v2":
            assert "tls.key" in said
