# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The looks that tests take at services: they see what is there once a change is through."""

from __future__ import annotations

import typing as t

import pytest

from testbed.waiting import wait_for
from tests.e2e.support.looks import PATIENT, accepts_only, update_state
from tests.e2e.support.world import DEADLINE, World, digest


@pytest.fixture
def moving(world: World) -> World:
    """A service, and a second version of its secret."""
    world.secret("one", "first")
    world.secret("two", "second")
    return world


def refer_to_two(world: World) -> t.Callable[[dict[str, t.Any]], None]:
    ids = {secret["Spec"]["Name"]: secret["ID"] for secret in world.client.secrets()}

    def change(spec: dict[str, t.Any]) -> None:
        (reference,) = spec["TaskTemplate"]["ContainerSpec"]["Secrets"]
        reference.update(SecretID=ids["two"], SecretName="two")

    return change


def test_a_look_right_after_an_update_sees_what_it_leads_to(moving: World) -> None:
    moving.service("web", {"db": "one"}, replicas=2)

    moving.edit("web", refer_to_two(moving))

    assert moving.shown("web", "db") == {digest("second")}


def test_behind_a_paused_update_a_look_sees_what_goes_on_running(moving: World) -> None:
    """The task that was replaced first fails again and again."""
    only_one = accepts_only(digest("first"))
    moving.service("web", {"db": "one"}, replicas=3, update=PATIENT, command=only_one)
    moving.edit("web", refer_to_two(moving))
    wait_for("the pause", lambda: update_state(moving, "web") == "paused", timeout=DEADLINE)

    for _look in range(5):
        assert moving.shown("web", "db") == {digest("first")}
