# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Static credentials: a role that stays, whose password OpenBao changes."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.waiting import wait_for
from tests.e2e.support.shop import STATIC, STATIC_CREDS, Shop, credential
from tests.e2e.vault.front import Front, Reply, forward

if t.TYPE_CHECKING:
    from tests.e2e.vault.front import Behaviour

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


def on_a_schedule(answers: Behaviour) -> Behaviour:
    """Let static credentials look as those that HashiCorp Vault changes on a schedule.

    OpenBao knows no rotation_schedule. Vault answers with it in place of rotation_period
    (https://developer.hashicorp.com/vault/api-docs/secret/databases#get-static-credentials).
    """

    def behave(front: Front, method: str, path: str, *rest: t.Any) -> Reply | None:
        reply = answers(front, method, path, *rest)
        if reply is None or not path.startswith("/v1/database/static-creds/"):
            return reply
        answer = json.loads(reply.body)
        del answer["data"]["rotation_period"]
        answer["data"] |= {"rotation_schedule": "0 3 * * SAT", "rotation_window": 3600}
        return Reply(reply.status, json.dumps(answer).encode(), reply.headers)

    return behave


@pytest.mark.case("V4")
def test_a_schedule_in_place_of_a_period_makes_no_difference(shop: Shop) -> None:
    with Front(on_a_schedule(forward(shop.bao.url, shop.bao.ca_cert))).running() as front:
        login = {"vault_url": front.url}
        shop.rotate(WHOLE, login=login)
        before = ttl(shop)
        wait_for("another ttl", lambda: ttl(shop) != before, timeout=10)

        unchanged = shop.rotate(WHOLE, login=login)
        shop.bao.client().secrets.database.rotate_static_role_credentials(STATIC)
        rotated = shop.rotate(WHOLE, login=login)

    assert [secret.action for secret in unchanged.secrets] == ["unchanged"]
    assert [secret.action for secret in rotated.secrets] == ["rotated"]
    assert shop.world.names() == ["db.json_v1", "db.json_v2"]
