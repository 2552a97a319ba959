# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read anew of sources that make a new value at each read, and when."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from datetime import datetime, timedelta

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import (
    labels as secret_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.consumers import (
    find_rejected,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.renewal import (
    decide_renewals,
    may_issue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.observe.state import (
    RenewalAction,
    RenewalDecision,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.validity_labels import (
    validity_labels,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.validity import Validity

from tests.unit.plugins.module_utils._rotation.builders import (
    NOW,
    observation,
    request,
    service,
    swarm,
    version,
)

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.request import (
        SecretRequest,
    )
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.model import (
        Service,
        SwarmSecret,
    )

HOUR = timedelta(hours=1)
USER = VaultSource("database/creds/shop", "username", engine="read")
PASSWORD = dataclasses.replace(USER, field="password")
ASKED = (request("user", source=USER), request("password", source=PASSWORD))


def leased(
    name: str,
    number: int,
    lease: str = "L1",
    *,
    left: timedelta = 2 * HOUR,
    source: VaultSource | None = None,
    **more: t.Any,
) -> SwarmSecret:
    """Return a version whose lease was for three hours and ends after some more."""
    expires = NOW + left
    labels = validity_labels(Validity(expires - 3 * HOUR, expires, lease))
    made = more.pop("created_at", (expires - 3 * HOUR).strftime("%Y-%m-%dT%H:%M:%S.1Z"))
    source = source or (USER if name == "user" else PASSWORD)
    more["more"] = {**labels, **more.get("more", {})}
    return version(name, number, source=source, source_version=0, created_at=made, **more)


def judged(
    *things: SwarmSecret | Service,
    asked: t.Sequence[SecretRequest] = ASKED,
    now: datetime = NOW,
    force: bool = False,
) -> dict[str, RenewalDecision | InputError | None]:
    """Return what is to be done, by logical name."""
    state = swarm(*things)
    seen = observation(state, requests=asked)._replace(now=now)
    found = decide_renewals(seen, force=force)
    return {one.name: found.get(one.name) for one in asked}


def reason(found: t.Mapping[str, RenewalDecision | InputError | None]) -> str:
    """Return why, as it is told of the user."""
    assert isinstance(found["user"], RenewalDecision)
    return found["user"].reason


def action(found: t.Mapping[str, RenewalDecision | InputError | None]) -> str | None:
    """Return the one action of the whole group."""
    (single,) = {getattr(renewal, "action", None) for renewal in found.values()}
    return single


def test_a_lease_is_left_alone_until_two_thirds_of_it_are_over() -> None:
    things = leased("user", 1), leased("password", 1)

    before = judged(*things, now=NOW + HOUR - timedelta(seconds=1))
    after = judged(*things, now=NOW + HOUR)

    assert action(before) == RenewalAction.FRESH
    assert action(after) == RenewalAction.DUE


def test_the_whole_set_is_due_as_soon_as_one_of_it_is() -> None:
    asked = (ASKED[0], dataclasses.replace(ASKED[1], renew_before="119m"))

    found = judged(leased("user", 1), leased("password", 1), asked=asked, now=NOW + HOUR / 30)

    assert action(found) == RenewalAction.DUE
    assert "password_v1 ends at" in reason(found)


def test_a_source_that_never_gave_a_value_with_an_end_is_none_of_these() -> None:
    plain = version("user", 1, source=USER, source_version=0)
    assert judged(plain) == {"user": None, "password": None}
    assert judged() == {"user": None, "password": None}


def test_a_certificate_is_due_when_there_is_none_yet() -> None:
    asked = [request("cert", source=VaultSource("pki/issue/web", "certificate", engine="pki"))]
    assert action(judged(asked=asked)) == RenewalAction.DUE


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ([], "there is no version of password yet"),
        ([leased("password", 1, "L2")], "not all issued together"),
        ([leased("password", 1, source=VaultSource("database/creds/x", engine="read"))], "source"),
        ([leased("password", 1, more={secret_labels.LEASE_REVOKED: "x"})], "was revoked"),
    ],
)
def test_a_set_that_does_not_fit_together_is_due(password: list[SwarmSecret], why: str) -> None:
    found = judged(leased("user", 1), *password)
    assert action(found) == RenewalAction.DUE
    assert why in reason(found)


def test_force_makes_it_due() -> None:
    assert action(judged(leased("user", 1), leased("password", 1), force=True)) == RenewalAction.DUE


def test_other_parameters_are_another_set() -> None:
    certificate = VaultSource("pki/issue/web", "certificate", engine="pki", params='{"a": 1}')
    other = dataclasses.replace(certificate, params='{"a": 2}')
    asked = [request("cert", source=other)]

    found = judged(leased("cert", 1, source=certificate), asked=asked)

    assert action(found) == RenewalAction.DUE


# -- after a failure ------------------------------------------------------------------------------


def test_a_renewal_that_failed_is_tried_again_only_after_half_of_the_time_left() -> None:
    # The first leases end in an hour; the second were made now, and failed.
    things = [
        leased(name, number, f"L{number}", **more)
        for name in ("user", "password")
        for number, more in (
            (1, {"left": HOUR}),
            (2, {"left": 3 * HOUR, "status": secret_labels.QUARANTINED, "failed_on": "web"}),
        )
    ]

    at_once = judged(*things)
    later = judged(*things, now=NOW + HOUR / 2 + timedelta(seconds=1))

    assert action(at_once) == RenewalAction.POSTPONED
    why = reason(at_once)
    assert "failed on web" in why
    assert "2026-01-03T00:30:00Z" in why
    assert action(later) == RenewalAction.DUE
    assert action(judged(*things, force=True)) == RenewalAction.DUE


def test_while_what_came_before_is_good_a_rejected_value_stays_rejected() -> None:
    things = [
        leased("user", 1),
        leased("password", 1),
        leased("user", 2, "L2", status=secret_labels.QUARANTINED),
        leased("password", 2, "L2", status=secret_labels.QUARANTINED),
    ]
    assert action(judged(*things)) == RenewalAction.POSTPONED
    gone = {secret_labels.LEASE_REVOKED: "x"}
    things[2:] = [
        leased(name, 2, "L2", status=secret_labels.QUARANTINED, more=gone)
        for name in ("user", "password")
    ]
    assert action(judged(*things)) == RenewalAction.FRESH


def test_what_was_rejected_from_another_source_puts_nothing_off() -> None:
    other = dataclasses.replace(USER, path="database/creds/other")
    things = [
        leased("user", 1, left=HOUR / 2),
        leased("password", 1, left=HOUR / 2),
        leased("user", 2, "L2", source=other, status=secret_labels.QUARANTINED),
    ]
    assert action(judged(*things)) == RenewalAction.DUE


def test_half_of_a_set_is_rejected_with_the_other_half() -> None:
    # A run was killed after it had quarantined the one, before it could the other.
    things = [
        leased("user", 1),
        leased("password", 1),
        leased("user", 2, "L2", status=secret_labels.PENDING),
        leased("password", 2, "L2", status=secret_labels.QUARANTINED, failed_on="web"),
    ]

    assert find_rejected(["user", "password"], swarm(*things)) == {"id-of-user_v2": "web"}
    assert action(judged(*things)) == RenewalAction.POSTPONED


def test_a_pending_set_that_nobody_rejected_is_no_fault() -> None:
    things = [
        leased("user", 2, "L2", status=secret_labels.PENDING),
        leased("user", 1, status=secret_labels.QUARANTINED),
    ]
    assert find_rejected(["user"], swarm(*things)) == {}


# -- what belongs together ------------------------------------------------------------------------


def test_one_of_a_set_is_not_renewed_without_the_others_that_services_use() -> None:
    things = [leased("user", 1), leased("password", 1)]
    web = service("web", "user_v1", "password_v1")

    (error,) = judged(*things, web, asked=ASKED[1:], now=NOW + HOUR).values()
    assert isinstance(error, InputError)
    assert re.search(r"password is to be renewed, and user.* list both", str(error))

    assert action(judged(*things, web, asked=ASKED[1:])) == RenewalAction.FRESH
    assert action(judged(*things, asked=ASKED[1:], now=NOW + HOUR)) == RenewalAction.DUE


@pytest.mark.parametrize(
    ("engine", "things", "expected"),
    [
        ("pki", [], True),
        ("read", [], True),
        ("read", [leased("user", 1)], True),
        ("read", [version("user", 1, source=USER, source_version=0)], False),
        ("kv1", [], False),
    ],
)
def test_check_mode_reads_nothing_that_may_make_something(
    engine: str, things: list[SwarmSecret], expected: bool
) -> None:
    asked = request("user", source=dataclasses.replace(USER, engine=engine))
    assert may_issue(observation(swarm(*things), requests=[asked]).secrets[0]) is expected
