# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate, its key and its chain are renewed in time, together, and by one update."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
    SecretRequest,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource

from testbed.waiting import wait_for
from tests.e2e.support.ageing import age
from tests.e2e.support.authority import authority
from tests.e2e.support.interference import Hooked, once
from tests.e2e.support.looks import PATIENT, accepts_only, actions, states

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report

    from tests.e2e.support.world import World

FIELDS = {"tls.crt": "certificate", "tls.key": "private_key", "tls.chain": "ca_chain"}
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def _pki(world: World) -> t.Iterator[None]:
    with authority(world.vault):
        yield


def certificate(
    role: str = "web", ttl: str = "24h", renew_before: str | None = None
) -> list[SecretRequest]:
    """Return the requests for certificate, key and chain."""
    params = f'{{"common_name": "shop.example.org", "ttl": "{ttl}"}}'
    return [
        SecretRequest(
            name,
            VaultSource(f"pki/issue/{role}", field, engine="pki", params=params),
            renew_before=renew_before,
        )
        for name, field in FIELDS.items()
    ]


def minding(key: str) -> t.Callable[[dict[str, t.Any]], None]:
    """Return a change of a service after which it fails with any other key."""

    def change(spec: dict[str, t.Any]) -> None:
        command = accepts_only(key, target="tls.key")
        spec["TaskTemplate"]["ContainerSpec"]["Command"] = list(command)

    return change


def issued(world: World) -> int:
    """Return how many certificates Vault was asked for since the count was cleared."""
    return len(world.vault.audit_requests("pki/issue"))


def serials(world: World, service: str) -> set[str]:
    """Return the serial numbers of all that a service refers to, but the chain."""
    labels = world.secrets()
    found = world.references(service)
    return {labels[found[name]]["swarmvault.serial"] for name in ("tls.crt", "tls.key")}


def first(world: World, *requests: SecretRequest, **service: t.Any) -> None:
    """Make the first versions and a service that uses them."""
    report = world.rotate(*requests)
    assert set(actions(report)) == set(FIELDS)
    world.service("web", {name: f"{name}_v1" for name in FIELDS}, **service)


def renewed(world: World, *requests: SecretRequest) -> Report:
    """Return the report of a run for which the certificates are due."""
    age(world.client, DAY * 3 // 4)
    return world.rotate(*requests)


def test_until_it_is_due_no_run_asks_vault_for_anything(world: World) -> None:
    requests = certificate()
    first(world, *requests)
    tasks = world.task_ids("web")
    world.vault.clear_audit()

    report = world.rotate(*requests)

    assert not report.changed
    assert {secret.action for secret in report.secrets} == {"unchanged"}
    assert {secret.expires for secret in report.secrets} == {
        world.secrets()["tls.crt_v1"]["swarmvault.expires"]
    }
    assert issued(world) == 0
    assert world.task_ids("web") == tasks


def test_what_is_due_is_issued_once_and_reaches_the_service_by_one_update(world: World) -> None:
    requests = certificate()
    first(world, *requests)
    world.vault.clear_audit()

    report = renewed(world, *requests)

    assert issued(world) == 1
    assert states(report) == {"web": ("updated", "converged")}
    # The chain is the same as before, so that it stays; its label tells the new end.
    assert actions(report) == {
        "tls.crt": ("rotated", "tls.crt_v2"),
        "tls.key": ("rotated", "tls.key_v2"),
        "tls.chain": ("recorded", "tls.chain_v1"),
    }
    assert len(serials(world, "web")) == 1
    current = {secret.current for secret in report.secrets}
    ends = {
        labels["swarmvault.expires"] for name, labels in world.secrets().items() if name in current
    }
    assert len(ends) == 1
    assert "ends at" in next(s.reason for s in report.secrets if s.name == "tls.crt")


def test_a_schedule_renews_in_time_by_itself(world: World) -> None:
    requests = certificate(ttl="15s", renew_before="66%")
    first(world, *requests)
    runs = [world.rotate(*requests)]

    def changed() -> bool:
        runs.append(world.rotate(*requests))
        return runs[-1].changed

    wait_for("the certificate to be due", changed, timeout=60, interval=0.5)
    assert actions(runs[0])["tls.crt"] == ("unchanged", "tls.crt_v1")
    assert actions(runs[-1])["tls.crt"] == ("rotated", "tls.crt_v2")


def test_check_mode_tells_of_a_renewal_and_has_nothing_issued(world: World) -> None:
    requests = certificate()
    world.vault.clear_audit()
    plan = world.rotate(*requests, check=True)
    assert {secret.action for secret in plan.secrets} == {"created"}
    assert issued(world) == 0

    first(world, *requests)
    world.vault.clear_audit()

    age(world.client, DAY * 3 // 4)
    plan = world.rotate(*requests, check=True)
    assert {secret.action for secret in plan.secrets} == {"rotated"}
    assert issued(world) == 0
    assert world.names() == sorted(f"{name}_v1" for name in FIELDS)


def test_a_set_that_a_service_fails_with_goes_back_as_a_whole_and_is_not_tried_at_once(
    world: World,
) -> None:
    requests = certificate()
    first(world, *requests, update=PATIENT)
    # It minds the key only, and another service uses the certificate only.
    (key,) = world.shown("web", "tls.key")
    world.edit("web", minding(key))
    world.wait_running("web")
    world.service("reader", {"tls.crt": "tls.crt_v1"}, labels={"swarmvault.wave": "1"})

    report = renewed(world, *requests)

    assert report.failed
    assert states(report)["web"] == ("updated", "rolled_back")
    assert states(report)["reader"] == ("skipped", "blocked")
    labels = world.secrets()
    assert {labels[name]["swarmvault.status"] for name in ("tls.crt_v2", "tls.key_v2")} == {
        "quarantined"
    }
    assert len(serials(world, "web")) == 1
    assert world.references("reader") == {"tls.crt": "tls.crt_v1"}
    world.vault.clear_audit()

    again = world.rotate(*requests)

    assert issued(world) == 0
    assert not again.changed
    assert "tried again from" in again.secrets[0].reason


def test_other_parameters_lead_to_a_new_certificate_at_once(world: World) -> None:
    first(world, *certificate())
    requests = certificate(ttl="12h")

    report = world.rotate(*requests)

    assert actions(report)["tls.crt"] == ("rotated", "tls.crt_v2")
    assert '"ttl": "12h"' in world.secrets()["tls.crt_v2"]["vault_params"]
    assert not world.rotate(*requests).changed


def test_a_margin_is_kept_in_a_label_and_discovered_with_the_source(world: World) -> None:
    first(world, *certificate(renew_before="1h"))
    labels = world.secrets()["tls.crt_v1"]
    assert labels["vault_renew_before"] == "1h"

    found = world.rotate(discover=True, discover_paths=("pki/issue/*",))
    assert (found.changed, found.warnings) == (False, ())
    assert found.secrets

    report = world.rotate(*certificate(renew_before="2h"))
    assert {secret.action for secret in report.secrets} == {"recorded"}
    assert world.secrets()["tls.crt_v1"]["vault_renew_before"] == "2h"
    assert world.secrets()["tls.crt_v1"]["swarmvault.expires"] == labels["swarmvault.expires"]


def lease_lives(world: World, name: str) -> bool:
    """Whether the lease that a version carries has not ended."""
    lease_id = world.secrets()[name]["swarmvault.lease_id"]
    found = world.vault.client().sys.list_leases("pki/issue/leased")["data"]["keys"]
    return lease_id.rsplit("/", 1)[-1] in found


def test_two_runs_that_renew_at_once_agree_on_one_set_and_no_lease_is_left_over(
    world: World,
) -> None:
    requests = certificate("leased")
    first(world, *requests)
    reports: list[Report] = []

    def other_run() -> None:
        world.wrap = None
        reports.append(world.rotate(*requests, force=True))

    world.wrap = lambda inner: Hooked(
        inner, before=once(lambda call: call == "POST /secrets/create", other_run)
    )

    report = world.rotate(*requests, force=True)

    assert not report.failed
    assert not reports[0].failed
    assert world.references("web") == {
        "tls.crt": "tls.crt_v2", "tls.key": "tls.key_v2", "tls.chain": "tls.chain_v2"
    }  # fmt: skip
    assert len(serials(world, "web")) == 1
    assert lease_lives(world, "tls.crt_v2")
    left = world.vault.client().sys.list_leases("pki/issue/leased")["data"]["keys"]
    assert len(left) == 1


def test_a_renewal_shows_in_the_service(world: World) -> None:
    requests = certificate()
    first(world, *requests)
    before = world.shown("web", "tls.key")

    renewed(world, *requests)

    wait_for(
        "web to show the new key only",
        lambda: (shown := world.shown_now("web", "tls.key")) and shown.isdisjoint(before),
        timeout=30,
        interval=0.2,
    )
