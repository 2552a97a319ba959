# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services keep logging in to a real PostgreSQL while their credentials are replaced."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

import pytest

from tests.e2e.support.interference import is_service_update
from tests.e2e.support.shop import CREDS, LEASE_SECONDS, NOBODY, Shop, credential, role
from tests.e2e.support.world import digest

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.transport import (
        Answer,
        Request,
    )


def test_a_service_keeps_logging_in_through_three_rotations_and_one_role_is_left(
    shop: Shop,
) -> None:
    shop.world.rotate(*credential())
    shop.service(replicas=3)
    first = shop.made()
    shop.wait_for_login()

    for number in (2, 3, 4):
        shop.age()
        report = shop.world.rotate(*credential())
        assert not report.failed, report.message
        assert [secret.action for secret in report.secrets] == ["rotated", "rotated"]
        assert shop.world.references("shop") == {
            "db_user": f"db_user_v{number}",
            "db_password": f"db_password_v{number}",
        }
        assert len(shop.made()) == 1
        shop.wait_for_login()

    assert shop.made() != first
    assert len(shop.leases()) == 1
    assert len(shop.logins()) == 4
    assert shop.failed_logins() == {}


def test_one_read_is_one_lease_one_change_set_and_one_update_of_each_consumer(shop: Shop) -> None:
    shop.world.rotate(*credential())
    for name in ("front", "back"):
        shop.service(name)
    shop.age()
    shop.bao.clear_audit()

    report = shop.world.rotate(*credential())

    assert {service.name: sorted(service.secrets) for service in report.services} == {
        "front": ["db_password", "db_user"],
        "back": ["db_password", "db_user"],
    }
    assert shop.reads() == 1
    assert shop.lease_ids("db_user") == shop.lease_ids("db_password")
    assert len(set(shop.lease_ids().values())) == 2
    updates = [call for call in shop.world.calls if is_service_update(call)]
    assert len(updates) == len(set(updates)) == 2
    assert shop.failed_logins() == {}


def test_the_old_lease_ends_only_after_every_consumer_runs_the_new_credential(shop: Shop) -> None:
    shop.world.rotate(*credential())
    for name in ("front", "back"):
        shop.service(name)
    (old,) = shop.made()
    shop.age()
    users_at_revocation: list[set[str]] = []

    def look(request: Request, send: t.Callable[[], Answer]) -> Answer:
        if request.path == "sys/leases/revoke":
            seen = (shop.world.shown_now(service, "db_user") for service in ("front", "back"))
            users_at_revocation.extend(seen)
        return send()

    shop.rotate(*credential(), hook=look)

    (new,) = shop.made()
    assert new != old
    assert users_at_revocation == [{digest(new)}, {digest(new)}]
    assert shop.failed_logins() == {}


def test_a_consumer_that_rejects_the_new_credential_goes_back_and_the_new_lease_ends(
    shop: Shop,
) -> None:
    shop.world.rotate(*credential())
    shop.service()
    before = shop.made()
    shop.age()
    role(shop.bao, "shop", LEASE_SECONDS, NOBODY)

    report = shop.world.rotate(*credential())

    assert report.failed
    assert {secret.action for secret in report.secrets} == {"quarantined"}
    assert shop.world.references("shop") == {
        "db_user": "db_user_v1",
        "db_password": "db_password_v1",
    }
    assert shop.postgres.roles() == ["shop_static", *before]
    assert shop.leases() == [shop.lease_ids()[1]]
    for logical in ("db_user", "db_password"):
        assert shop.revoked(logical) == {1: False, 2: True}
    shop.wait_for_login()
    assert set(shop.logins()) == set(before)


def test_after_such_a_failure_the_next_credential_that_is_good_is_taken(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service()
    shop.age()
    role(shop.bao, "shop", LEASE_SECONDS, NOBODY)
    shop.world.rotate(*credential())
    role(shop.bao, "shop", LEASE_SECONDS)
    shop.bao.clear_audit()

    soon = shop.world.rotate(*credential())
    assert not soon.changed
    assert shop.reads() == 0
    forced = shop.world.rotate(*credential(), force=True)

    assert not forced.failed, forced.message
    assert shop.world.references("shop")["db_user"] == "db_user_v3"
    assert len(shop.made()) == 1
    shop.wait_for_login()


def test_while_one_consumer_is_left_behind_both_leases_live(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service("moves")
    shop.service("stays", labels={"swarmvault.wave": "1"}, loyal=True)
    shop.age()

    report = shop.world.rotate(*credential())

    assert report.failed
    assert shop.world.references("moves")["db_user"] == "db_user_v2"
    assert shop.world.references("stays")["db_user"] == "db_user_v1"
    assert len(shop.made()) == 2
    assert shop.revoked() == {1: False, 2: False}
    shop.wait_for_login()
    assert shop.failed_logins() == {}


def test_the_credential_of_a_login_lives_on_after_the_run(shop: Shop) -> None:
    shop.bao.policy(
        "leases",
        f"""
        path "{CREDS}" {{ capabilities = ["read"] }}
        path "sys/leases/revoke" {{ capabilities = ["update"] }}
        """,
    )
    role_id, secret_id = shop.bao.approle("leases", ["leases"], token_ttl="5s", token_max_ttl="2h")
    approle = {
        "vault_token": None,
        "vault_auth_method": "approle",
        "vault_role_id": role_id,
        "vault_secret_id": secret_id,
    }
    shop.rotate(*credential(), login=approle)
    shop.service()

    # The token has to live as long as the lease, which would end with it.
    (lease,) = shop.leases()
    assert shop.bao.client().sys.read_lease(lease)["data"]["ttl"] > LEASE_SECONDS - 300
    assert max(shop.ttls_of_tokens("leases")) > LEASE_SECONDS - 300

    shop.age()
    report = shop.rotate(*credential(), login=approle)

    assert not report.failed, report.message
    assert report.warnings == ()
    assert len(shop.made()) == 1
    shop.wait_for_login()
    assert shop.failed_logins() == {}


@pytest.mark.case("V3")
def test_a_users_token_is_not_made_to_live_for_the_lease_and_a_warning_tells_of_it(
    shop: Shop,
) -> None:
    shop.bao.policy("short", f'path "{CREDS}" {{ capabilities = ["read"] }}')
    token = shop.bao.token(["short"], ttl="15m")
    lookup = shop.bao.client().auth.token.lookup
    ends = lookup(token)["data"]["expire_time"]

    report = shop.rotate(*credential(), login={"vault_token": token})

    assert not report.failed, report.message
    assert lookup(token)["data"]["expire_time"] == ends
    for logical in ("db_user", "db_password"):
        expires = shop.versions(logical)[1]["swarmvault.expires"]
        assert datetime.fromisoformat(expires) <= datetime.fromisoformat(ends) + timedelta(
            seconds=1
        )
        (warning,) = [text for text in report.warnings if text.startswith(f"{logical}: ")]
        assert f"its lease ends already at {expires}, with the token that read it" in warning
        assert "a vault_token is not renewed" in warning
