# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that somebody made by hand or by a stack file are taken over, and never removed."""

from __future__ import annotations

import pytest

from tests.e2e.support.world import World, digest, vaulted


def test_a_hand_made_secret_is_adopted_with_its_target_unchanged_and_never_removed(
    any_world: World,
) -> None:
    world = any_world
    world.secret("mysql_password", "by-hand")
    world.service("web", {"pw": "mysql_password"})
    world.put("adopt/mysql", password="from-vault")
    request = vaulted("mysql_password", "adopt/mysql")

    report = world.rotate(request)

    assert [s.action for s in report.secrets] == ["adopted"]
    assert report.secrets[0].previous == "mysql_password"
    assert world.references("web") == {"pw": "mysql_password_v1"}
    assert world.shown("web", "pw") == {digest("from-vault")}
    for number in (2, 3):
        world.put("adopt/mysql", password=f"value-{number}")
        world.rotate(request, keep_versions=1)
    assert "mysql_password" in world.names(), "what somebody else made stays"


def test_a_labelled_secret_is_discovered_with_no_other_configuration(world: World) -> None:
    world.put("adopt/api", key="from-vault", other="x")
    labels = {"vault_path": "adopt/api", "vault_field": "key"}
    world.secret("api_key", "by-hand", labels=labels)
    world.secret("not_ours", "x", labels={"team": "shop"})
    world.service("web", {"key": "api_key", "other": "not_ours"})

    report = world.rotate(discover=True)

    assert [(s.name, s.action) for s in report.secrets] == [("api_key", "adopted")]
    assert world.references("web") == {"key": "api_key_v1", "other": "not_ours"}
    world.put("adopt/api", key="newer", other="x")
    assert [s.action for s in world.rotate(discover=True).secrets] == ["rotated"]
    assert world.shown("web", "key") == {digest("newer")}
    assert not world.rotate(discover=True).changed


@pytest.mark.case("R5")
def test_a_secret_with_a_wrong_label_is_left_alone_by_discovery_and_fails_the_task(
    world: World,
) -> None:
    world.secret("odd", "x", labels={"vault_path": "adopt/odd", "vault_engine": "kv9"})

    report = world.rotate(discover=True)

    assert (report.changed, report.failed) == (False, True)
    (secret,) = report.secrets
    assert (secret.name, secret.action, secret.current) == ("odd", "failed", "odd")
    for text in (secret.reason, report.message):
        assert "kv9" in text
    assert world.names() == ["odd"]
