# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that may take hours to stop: a run does not wait for that, and the next one goes on."""

from __future__ import annotations

import threading
import typing as t

import pytest

from tests.e2e.support.looks import states
from tests.e2e.support.shop import Shop, credential
from tests.e2e.support.world import SECOND, World, vaulted

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

HOURS = 12 * 3600
#: Seconds after which a run that has not come back is one that waits for the end of a task.
GUARD = 240.0
WAIT = 4


@pytest.fixture
def patient_shop(shop: Shop) -> t.Iterator[Shop]:
    """The shop, whose applications are killed after the test: they would not end by themselves."""
    yield shop
    for service in shop.world.client.services():
        shop.world.client.remove_service(service["ID"])
    shop.world.kill_tasks()


def in_bounded_time(run: t.Callable[[], Report]) -> Report:
    """Return what a run comes to, if it comes back."""
    results: list[Report] = []
    # A daemon: one that waits for hours must not keep the tests from ending.
    thread = threading.Thread(target=lambda: results.append(run()), daemon=True)
    thread.start()
    thread.join(GUARD)
    assert not thread.is_alive(), f"it has not come back after {GUARD:g} s"
    (report,) = results  # none: it has raised, and pytest tells what
    return report


@pytest.mark.case("S10")
def test_a_lease_is_ended_by_the_run_after_its_last_task_has_stopped(patient_shop: Shop) -> None:
    shop = patient_shop
    shop.world.rotate(*credential())
    shop.service(drain=HOURS)
    (old,) = shop.made()
    shop.age()

    for changed in (True, False):
        report = in_bounded_time(lambda: shop.world.rotate(*credential(), wait_timeout=WAIT))

        assert not report.failed, report.message
        assert report.changed is changed
        assert shop.world.references("shop")["db_user"] == "db_user_v2"
        # The old task logs in yet.
        assert old in shop.made()
        assert len(shop.leases()) == 2
        assert shop.revoked() == {1: False, 2: False}
        shop.wait_for_login()
    assert any("db_user_v1" in text and "stopping" in text for text in report.warnings)
    assert shop.failed_logins() == {}

    shop.world.kill_tasks("shutdown")
    last = shop.world.rotate(*credential())

    assert not last.failed, last.message
    assert shop.revoked() == {1: True, 2: False}
    assert len(shop.leases()) == 1
    assert old not in shop.made()


def stubborn(world: World) -> None:
    """Create a service that does not stop when asked to, and is granted hours for it."""
    world.service(
        "mailer",
        {"mail": "mail_v1"},
        update={"Order": "start-first"},
        command=("/bin/sh", "-c", "trap '' TERM; while sleep 1; do :; done"),
        container={"StopGracePeriod": HOURS * SECOND},
    )


@pytest.mark.case("S10")
def test_tasks_that_do_not_hold_the_lease_are_not_waited_for(patient_shop: Shop) -> None:
    shop = patient_shop
    mail = vaulted("mail", "grace/mail")
    shop.world.put("grace/mail", password="first")
    shop.world.rotate(*credential(), mail)
    shop.service()
    stubborn(shop.world)
    (old,) = shop.made()
    shop.age()
    shop.world.put("grace/mail", password="second")

    report = in_bounded_time(lambda: shop.world.rotate(*credential(), mail, wait_timeout=2 * GUARD))

    assert not report.failed, report.message
    assert states(report) == dict.fromkeys(("mailer", "shop"), ("updated", "converged"))
    assert shop.revoked() == {1: True, 2: False}
    assert old not in shop.made()
