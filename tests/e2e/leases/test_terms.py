# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a credential is read, what its labels tell, and what comes of one that nobody got."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from datetime import datetime

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    DockerError,
)

from testbed.waiting import wait_for
from tests.e2e.support.interference import Hooked
from tests.e2e.support.shop import LEASE_SECONDS, Shop, credential, role
from tests.e2e.support.world import vaulted

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
        Transport,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
        VaultSource,
    )

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def actions(shop: Shop, *, path: str | None = None, **options: t.Any) -> list[str]:
    requests = credential(path) if path else credential()
    return [secret.action for secret in shop.world.rotate(*requests, **options).secrets]


def test_the_labels_tell_the_lease_and_its_time_and_nothing_of_the_credential(shop: Shop) -> None:
    shop.world.rotate(*credential())

    (user,) = shop.made()
    (lease,) = shop.leases()
    for logical in ("db_user", "db_password"):
        labels = shop.versions(logical)[1]
        assert labels["swarmvault.lease_id"] == lease
        times = [labels[f"swarmvault.{name}"] for name in ("issued", "expires")]
        assert all(RFC_3339.fullmatch(text) for text in times)
        issued, expires = map(datetime.fromisoformat, times)
        assert (expires - issued).total_seconds() == LEASE_SECONDS
        assert labels["vault_path"] == "database/creds/shop"
        assert user not in repr(labels)


def test_nothing_is_read_until_two_thirds_of_the_lease_are_over(shop: Shop) -> None:
    assert actions(shop) == ["created", "created"]
    shop.bao.clear_audit()

    assert actions(shop) == ["unchanged", "unchanged"]
    shop.age(LEASE_SECONDS * 2 // 3 - 60)
    assert actions(shop) == ["unchanged", "unchanged"]
    assert shop.reads() == 0
    shop.age(60)
    assert actions(shop) == ["rotated", "rotated"]

    assert shop.reads() == 1


def test_the_margin_can_be_set(shop: Shop) -> None:
    requests = credential(renew_before="50%")
    shop.world.rotate(*requests)
    shop.bao.clear_audit()

    shop.age(LEASE_SECONDS // 2 - 60)
    assert not shop.world.rotate(*requests).changed
    assert shop.reads() == 0
    # A time says the same as that share.
    assert not shop.world.rotate(*credential(renew_before="29m")).failed
    assert shop.reads() == 0
    shop.age(60)
    assert shop.world.rotate(*requests).changed
    assert shop.reads() == 1


def test_a_short_lease_is_renewed_in_time_by_runs_that_follow_each_other(shop: Shop) -> None:
    # A third of it is left for a run to come by, which takes seconds where a machine is busy.
    role(shop.bao, "brief", 45)
    requests = credential("database/creds/brief")
    shop.world.rotate(*requests)

    renewed = wait_for(
        "the lease to be due",
        lambda: [r for r in [shop.world.rotate(*requests)] if r.changed],
        timeout=120,
        interval=0.5,
    )

    assert [secret.action for secret in renewed[0].secrets] == ["rotated", "rotated"]
    # Before the old one was over: that one was ended by the run.
    assert shop.revocations() == ["sys/leases/revoke"]
    assert len(shop.made()) == 1


def test_force_gets_a_new_credential_before_it_is_due(shop: Shop) -> None:
    actions(shop)
    assert actions(shop, force=True) == ["rotated", "rotated"]
    assert len(shop.made()) == 1


def test_check_mode_creates_no_credential_and_tells_that_it_would(shop: Shop) -> None:
    first = shop.world.rotate(*credential(), check=True)
    assert [secret.action for secret in first.secrets] == ["created", "created"]
    assert shop.reads() == 0
    shop.world.rotate(*credential())
    before = shop.made()
    shop.age()
    shop.bao.clear_audit()

    report = shop.world.rotate(*credential(), check=True)

    assert [secret.action for secret in report.secrets] == ["rotated", "rotated"]
    assert report.changed
    assert shop.reads() == 0
    assert shop.made() == before
    assert shop.revocations() == []


# -- a new credential that nobody got ends at once ------------------------------------------------


def failing(kind: str) -> t.Callable[[Transport], Transport]:
    """Wrap a transport so that calls of a kind are lost."""

    def lose(call: str) -> None:
        if call.startswith(kind):
            raise DockerError(f"{call}: refused by the test")

    return lambda transport: Hooked(transport, before=lose)


def test_where_no_version_can_be_made_the_new_lease_ends(shop: Shop) -> None:
    shop.world.rotate(*credential())
    before = shop.leases()
    shop.age()
    shop.world.wrap = failing("POST /secrets/create")

    report = shop.world.rotate(*credential())

    assert report.failed
    assert shop.leases() == before
    assert len(shop.made()) == 1


def test_where_only_one_version_of_two_can_be_made_nothing_is_half_new(shop: Shop) -> None:
    shop.world.rotate(*credential())
    shop.service()
    old = shop.made()
    shop.age()
    creations: list[str] = []

    def second(call: str) -> None:
        if call == "POST /secrets/create":
            creations.append(call)
            if len(creations) > 1:
                raise DockerError(f"{call}: refused by the test")

    shop.world.wrap = lambda transport: Hooked(transport, before=second)
    report = shop.world.rotate(*credential())
    shop.world.wrap = None

    assert report.failed
    assert shop.world.references("shop") == {
        "db_user": "db_user_v1",
        "db_password": "db_password_v1",
    }
    shop.wait_for_login(*old)
    # Nobody can use a user without a password: it is gone at once, with its version.
    assert shop.made() == old
    assert sorted(shop.versions()) == [1]
    again = shop.world.rotate(*credential())
    assert not again.failed, again.message
    assert shop.used() == set(shop.leases())
    assert len(shop.made()) == 1
    shop.wait_for_login()
    assert shop.failed_logins() == {}


def test_where_a_field_is_not_there_the_lease_that_was_read_ends(shop: Shop) -> None:
    user, password = credential()
    source = dataclasses.replace(t.cast("VaultSource", password.source), field="passwort")

    report = shop.world.rotate(user, dataclasses.replace(password, source=source))

    assert (report.failed, report.changed) == (True, False)
    assert "no field 'passwort'" in report.message
    assert {one.action for one in report.secrets} == {"failed"}
    assert shop.reads() == 1
    assert shop.made() == []


@pytest.mark.case("R5")
def test_where_another_source_fails_the_lease_that_was_read_is_of_use(shop: Shop) -> None:
    report = shop.world.rotate(*credential(), vaulted("other", "leases/none"))

    assert report.failed
    assert "nothing at secret/leases/none" in report.message
    assert len(shop.made()) == 1
    assert sorted(shop.versions()) == [1]
