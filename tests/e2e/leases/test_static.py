# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Static credentials: a role that stays, whose password OpenBao changes."""

from __future__ import annotations

from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.waiting import wait_for
from tests.e2e.support.shop import STATIC, STATIC_CREDS, Shop, credential

WHOLE = SecretRequest(
    "db.json", source=VaultSource(path=STATIC_CREDS, engine="read", format="json")
)


def ttl(shop: Shop) -> int:
    """Return how many seconds OpenBao says are left: another number at each read."""
    return int(shop.bao.client().read(STATIC_CREDS)["data"]["ttl"])


def test_they_are_rotated_in_swarm_when_openbao_has_changed_them_and_only_then(shop: Shop) -> None:
    requests = [*credential(STATIC_CREDS), WHOLE]
    shop.world.rotate(*requests)
    before = ttl(shop)
    wait_for("another ttl", lambda: ttl(shop) != before, timeout=10)

    unchanged = shop.world.rotate(*requests)
    shop.bao.client().secrets.database.rotate_static_role_credentials(STATIC)
    rotated = shop.world.rotate(*requests)

    assert {secret.action for secret in unchanged.secrets} == {"unchanged"}
    assert {secret.name: secret.action for secret in rotated.secrets} == {
        "db_user": "unchanged",
        "db_password": "rotated",
        "db.json": "rotated",
    }


def test_they_have_no_lease_to_end(shop: Shop) -> None:
    shop.world.rotate(*credential(STATIC_CREDS))
    shop.bao.client().secrets.database.rotate_static_role_credentials(STATIC)
    shop.world.rotate(*credential(STATIC_CREDS))

    assert shop.revocations() == []
    assert not any("swarmvault.lease_id" in labels for labels in shop.world.secrets().values())


def test_a_service_logs_in_with_them_before_and_after(shop: Shop) -> None:
    requests = credential(STATIC_CREDS)
    shop.world.rotate(*requests)
    shop.service()
    shop.wait_for_login(STATIC)

    shop.bao.client().secrets.database.rotate_static_role_credentials(STATIC)
    report = shop.world.rotate(*requests)

    assert not report.failed, report.message
    assert shop.world.references("shop") == {
        "db_user": "db_user_v1",
        "db_password": "db_password_v2",
    }
    shop.wait_for_login(STATIC)
