# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of leases when versions are gone back to, removed, or cannot be ended."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError

from tests.e2e.support.shop import CREDS, Shop, credential
from tests.e2e.support.world import given

ONLY_READ = f'path "{CREDS}" {{ capabilities = ["read"] }}'


def test_a_version_whose_lease_was_revoked_cannot_be_gone_back_to(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service()
    shop.age()
    shop.world.rotate(*credential())

    with pytest.raises(InputError) as raised:
        shop.world.rotate(*credential(), state="rolled_back")

    for logical in ("db_user", "db_password"):
        assert f"{logical}: {logical}_v1 cannot be gone back to" in raised.value.message
    assert "force" in str(raised.value)
    assert shop.world.references("shop")["db_user"] == "db_user_v2"
    assert shop.failed_logins() == {}


def test_going_back_while_the_old_lease_lives_ends_the_new_one(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service()
    (old,) = shop.leases()
    shop.age()
    shop.world.rotate(*credential(), wait=False)
    shop.world.wait_running("shop")
    assert len(shop.leases()) == 2

    report = shop.world.rotate(*credential(), state="rolled_back")

    assert not report.failed, report.message
    assert shop.used() == {old}
    assert shop.leases() == [old]
    assert shop.revoked() == {1: False, 2: True}
    shop.wait_for_login()
    assert shop.failed_logins() == {}


def test_without_waiting_a_later_run_ends_the_old_lease(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service()
    shop.age()

    shop.world.rotate(*credential(), wait=False)
    assert len(shop.made()) == 2
    shop.world.wait_running("shop")
    shop.bao.clear_audit()
    shop.world.rotate(*credential())

    assert shop.reads() == 0
    assert len(shop.made()) == 1
    assert shop.revoked() == {1: True, 2: False}
    shop.wait_for_login()
    assert shop.failed_logins() == {}


def test_absent_ends_all_leases_but_none_that_is_in_use(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service()

    with pytest.raises(InputError, match="is in use by service shop"):
        shop.world.rotate(*credential(), state="absent")
    assert len(shop.made()) == 1
    shop.wait_for_login()
    shop.close_services()
    report = shop.world.rotate(*credential(), state="absent")

    assert not report.failed, report.message
    assert shop.world.names() == []
    assert shop.made() == []


def test_absent_keeps_versions_whose_lease_it_may_not_end(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.bao.policy("only-read", ONLY_READ)
    login = {"vault_token": shop.bao.token(["only-read"])}

    report = shop.rotate(*credential(), state="absent", login=login)

    assert report.failed or report.warnings
    assert "sys/leases/revoke" in f"{report.message} {report.warnings}"
    # Without its labels nobody would know of the lease any more.
    assert shop.world.names() == ["db_password_v1", "db_user_v1"]
    assert len(shop.made()) == 1
    shop.world.rotate(*credential(), state="absent")
    assert shop.world.names() == []
    assert shop.made() == []


def test_a_lease_that_may_not_be_ended_is_told_and_ended_by_a_later_run(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service()
    shop.age()
    shop.bao.policy("only-read", ONLY_READ)
    login = {"vault_token": shop.bao.token(["only-read"], ttl="2h")}

    report = shop.rotate(*credential(), login=login)

    assert shop.world.references("shop")["db_user"] == "db_user_v2"
    assert (
        'Add to a policy of the token: path "sys/leases/revoke" { capabilities = ["update"] }'
        in f"{report.message} {' '.join(report.warnings)}"
    )
    assert len(shop.made()) == 2
    later = shop.world.rotate(*credential())
    assert not later.failed, later.message
    assert len(shop.made()) == 1
    assert shop.revoked() == {1: True, 2: False}
    shop.wait_for_login()
    assert shop.failed_logins() == {}


def test_a_version_is_removed_only_after_its_lease_has_ended(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service()
    for _rotation in range(2):
        shop.age()
        shop.world.rotate(*credential(), keep_versions=1)

    newest = {"db_password_v3", "db_user_v3"}
    assert newest <= set(shop.world.names())
    assert len(shop.made()) == 1
    assert len(shop.leases()) == 1
    assert shop.failed_logins() == {}


def test_a_value_handed_over_instead_ends_the_lease(shop: Shop) -> None:
    shop.world.rotate(*credential())
    assert len(shop.made()) == 1

    shop.world.rotate(given("db_user", "static"), given("db_password", "static"))

    assert shop.made() == []
