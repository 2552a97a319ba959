# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed, and runs at the same time, leave no role behind that nobody uses."""

from __future__ import annotations

import pytest

from tests.e2e.support.calls import AFTER, BEFORE, Moment
from tests.e2e.support.jobs import Job, Process, Where
from tests.e2e.support.shop import CREDS, Shop

JOB = Job({"db_user": f"read:{CREDS}#username", "db_password": f"read:{CREDS}#password"})
REVOKE = "vault POST sys/leases"
READ = "vault GET database/creds"
#: Then only the run that was killed knows of the new lease.
BEFORE_ANY_VERSION = Moment(BEFORE, "POST /secrets/create", 1)


def run(shop: Shop, manager: int = 0, kill: Moment | None = None, **options: object) -> Process:
    return Process(JOB.with_options(**options), Where.of(shop.world.bed, manager), kill)


def complete(shop: Shop) -> None:
    """Let the next run, on another manager, complete the job."""
    ended = run(shop, manager=1).end()
    assert ended.report is not None, ended.errors
    assert not ended.report["failed"], ended.report


@pytest.mark.parametrize(
    "moment",
    [
        BEFORE_ANY_VERSION,
        Moment(AFTER, "POST /secrets/create", 1),
        Moment(AFTER, "POST /secrets/create", 2),
        Moment(AFTER, "POST /services/ID/update", 1),
        Moment(BEFORE, REVOKE, 1),
        Moment(AFTER, REVOKE, 1),
        Moment(BEFORE, "POST /secrets/ID/update", 2),
    ],
    ids=str,
)
def test_killed_at_a_moment_the_next_run_completes_it_and_ends_the_old_lease(
    shop: Shop, moment: Moment
) -> None:
    complete(shop)
    shop.service()
    (first,) = shop.leases()
    shop.age()

    killed = run(shop, kill=moment).end()
    assert killed.killed, f"{killed.report} {killed.errors}"
    complete(shop)

    assert first not in shop.leases()
    assert len(shop.used()) == 1
    assert shop.used() <= set(shop.leases())
    if moment != BEFORE_ANY_VERSION:
        assert set(shop.leases()) == shop.used()
        assert len(shop.made()) == 1
    shop.wait_for_login(*shop.users_of("shop"))
    assert shop.failed_logins() == {}
    complete(shop)
    assert all(shop.revoked()[number] for number in list(shop.revoked())[:-1])


def test_a_credential_that_a_killed_run_took_with_it_ends_by_itself(shop: Shop) -> None:
    complete(shop)
    shop.age()

    assert run(shop, kill=Moment(AFTER, READ, 1)).end().killed
    complete(shop)

    # Nobody knows its lease, so nobody can end it before its time, which the role sets.
    known = set(shop.lease_ids().values())
    (lost,) = set(shop.leases()) - known
    assert shop.bao.client().sys.read_lease(lost)["data"]["ttl"] <= 3600


def test_two_runs_at_once_leave_one_credential(shop: Shop) -> None:
    complete(shop)
    shop.service()
    shop.age()

    both = [run(shop, manager) for manager in (0, 1)]
    for process in both:
        ended = process.end()
        assert ended.report is not None, ended.errors
    complete(shop)

    assert shop.used() == set(shop.leases())
    assert len(shop.made()) == 1
    shop.wait_for_login()
    assert shop.failed_logins() == {}
