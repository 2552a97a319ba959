# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``state: rolled_back``, ``state: absent`` and check mode."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)

from tests.e2e.support.world import World, digest, given, vaulted


def _two_versions(world: World) -> SecretRequest:
    world.put("states/db", password="one")
    request = vaulted("db", "states/db")
    world.rotate(request)
    world.service("web", {"db": "db_v1"})
    world.put("states/db", password="two")
    world.rotate(request)
    assert world.references("web") == {"db": "db_v2"}
    return request


def test_rolled_back_brings_the_previous_version_back_once_and_for_all_runs(world: World) -> None:
    request = _two_versions(world)
    world.vault.stop()
    try:
        report = world.rotate(SecretRequest("db"), state="rolled_back")
    finally:
        world.vault.start()
    (secret,) = report.secrets
    assert (secret.action, secret.current) == ("rolled_back", "db_v1")
    assert world.references("web") == {"db": "db_v1"}
    assert world.shown("web", "db") == {digest("one")}
    assert world.secrets()["db_v2"]["swarmvault.status"] == "quarantined"

    again = world.rotate(SecretRequest("db"), state="rolled_back")
    scheduled = world.rotate(request)

    assert not again.changed
    assert not scheduled.changed
    assert [s.action for s in scheduled.secrets] == ["quarantined"]
    assert world.references("web") == {"db": "db_v1"}
    world.put("states/db", password="three")
    world.rotate(request)
    assert world.references("web") == {"db": "db_v3"}


def test_rolled_back_without_a_version_before_is_refused(world: World) -> None:
    world.rotate(given("db", "one"))

    with pytest.raises(InputError, match="db_v1 is the only version"):
        world.rotate(SecretRequest("db"), state="rolled_back")
    with pytest.raises(InputError, match="nothing: there is no version"):
        world.rotate(SecretRequest("nothing"), state="rolled_back")


def test_absent_is_refused_while_in_use_and_then_removes_all_versions(world: World) -> None:
    _two_versions(world)
    world.secret("db", "somebody's")

    with pytest.raises(InputError, match="db is in use by service web"):
        world.rotate(SecretRequest("db"), state="absent")
    assert world.names() == ["db", "db_v1", "db_v2"]
    world.client.remove_service("web")
    report = world.rotate(SecretRequest("db"), state="absent")

    assert report.retired == ("db_v1", "db_v2")
    assert world.names() == ["db"], "what somebody else made stays"
    assert not world.rotate(SecretRequest("db"), state="absent").changed


def test_absent_is_refused_while_a_rollback_needs_a_version(world: World) -> None:
    _two_versions(world)
    world.edit("web", lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Secrets=[]))
    world.wait_running("web")

    with pytest.raises(InputError, match="needed to roll service web back"):
        world.rotate(SecretRequest("db"), state="absent")
    world.rotate(SecretRequest("db"), state="absent", force=True)

    assert world.names() == []


def test_check_mode_gives_the_plan_and_touches_nothing(world: World) -> None:
    request = _two_versions(world)
    world.put("states/db", password="three")
    before = (world.client.secrets(), world.inspect("web"))

    plan = world.rotate(request, check=True)

    assert (world.client.secrets(), world.inspect("web")) == before
    assert plan.changed
    assert [(s.action, s.current) for s in plan.secrets] == [("rotated", "db_v3")]
    assert [(s.name, s.state) for s in plan.services] == [("web", "planned")]
    assert plan.retired == ("db_v1",)
    assert "db_v3" in plan.diff()["after"]
    done = world.rotate(request)
    assert done.retired == plan.retired
    assert [s.current for s in done.secrets] == [s.current for s in plan.secrets]
