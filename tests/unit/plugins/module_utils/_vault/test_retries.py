# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what is sent again: by how a try ended, and by what may be sent twice."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.exchange import Request
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.options import Retries
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.retries import (
    Outcome,
    Tries,
    is_harmless,
    may_follow,
    outcome_of,
)

LOOK = Request("GET", "secret/data/x", repeatable=True)
ONCE = Request("POST", "auth/approle/login")
NO_LEADER = "local node not active but active cluster node not found"


@pytest.mark.case("V7")
@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_takes_effect_once_follows_only_where_it_was_surely_not_carried_out(
    outcome: Outcome,
) -> None:
    undone = {
        Outcome.NOT_SENT,
        Outcome.NO_TLS,
        Outcome.UNUSABLE,
        Outcome.DECLINED,
        Outcome.LIMITED,
    }
    assert may_follow(ONCE, outcome, Retries()) is (outcome in undone)
    assert may_follow(LOOK, outcome, Retries())


@pytest.mark.case("V7")
@pytest.mark.parametrize(
    ("request_", "harmless"),
    [
        ("POST auth/approle/login", False),
        ("POST sys/wrapping/unwrap", False),
        ("POST pki/issue/web", False),
        ("GET database/creds/app", False),
        ("GET team/data/creds/app", False),
        ("GET secret/data/x", False),  # the engine says so itself
        ("POST auth/token/lookup-self", False),
        ("POST sys/wrapping/lookup", True),
        ("POST sys/leases/revoke", True),
        ("POST auth/token/renew-self", True),
        ("POST auth/token/revoke-self", True),
        ("GET auth/token/lookup-self", True),
        ("GET sys/internal/ui/mounts", True),
        ("GET sys/internal/ui/mounts/pki/issue/web", True),
        ("GET team/sys/internal/ui/mounts", False),
    ],
)
def test_what_may_be_sent_twice_whoever_asks(request_: str, harmless: bool) -> None:
    method, path = request_.split()
    assert is_harmless(method, path) is harmless


@pytest.mark.parametrize(
    ("status", "text", "outcome"),
    [
        (200, "", None),
        (400, "", None),
        (403, "", None),
        (404, "", None),
        (418, "", None),
        (412, "", Outcome.DECLINED),
        (429, "", Outcome.LIMITED),
        (500, "", Outcome.FAILED),
        (500, NO_LEADER, Outcome.DECLINED),
        (501, "", Outcome.UNUSABLE),
        (502, "", Outcome.FAILED),
        (503, "", Outcome.DECLINED),
        (504, "", Outcome.FAILED),
    ],
)
def test_what_an_answer_means(status: int, text: str, outcome: Outcome | None) -> None:
    assert outcome_of(status, [text], Retries()) is outcome


@pytest.mark.case("V15")
def test_a_status_that_is_listed_is_a_failure() -> None:
    assert outcome_of(418, [], Retries(status_forcelist=frozenset((418,)))) is Outcome.FAILED


@pytest.mark.case("V15")
def test_methods_that_are_not_listed_are_not_sent_again() -> None:
    policy = Retries(allowed_methods=frozenset(("HEAD",)))
    assert not may_follow(LOOK, Outcome.LOST, policy)
    assert not may_follow(LOOK, Outcome.FAILED, policy)
    # It was never sent.
    assert may_follow(LOOK, Outcome.NOT_SENT, policy)


def tried(policy: Retries, *outcomes: Outcome) -> int:
    """Return how often a request is tried again that always fails in the same way."""
    tries = Tries(policy)
    return next(count for count in range(20) if tries.next_pause(set(outcomes), 0.0) is None)


@pytest.mark.case("V15")
@pytest.mark.parametrize(
    ("policy", "outcome", "count"),
    [
        (Retries(0), Outcome.NOT_SENT, 0),
        (Retries(2), Outcome.NOT_SENT, 2),
        (Retries(5), Outcome.LOST, 5),
        (Retries(5, read=2), Outcome.LOST, 2),
        (Retries(5, read=2), Outcome.NOT_SENT, 5),
        (Retries(5, connect=0), Outcome.NOT_SENT, 0),
        (Retries(5, connect=0), Outcome.LOST, 5),
        (Retries(5, status=1), Outcome.FAILED, 1),
        (Retries(5, status=1), Outcome.DECLINED, 1),
        (Retries(5, status=1), Outcome.LIMITED, 1),
        (Retries(5, other=1), Outcome.NO_TLS, 1),
        (Retries(2, other=9), Outcome.NO_TLS, 2),
    ],
)
def test_each_kind_of_failure_has_its_own_count(
    policy: Retries, outcome: Outcome, count: int
) -> None:
    assert tried(policy, outcome) == count


def test_at_several_addresses_each_kind_counts() -> None:
    assert tried(Retries(5, connect=2, status=4), Outcome.NOT_SENT, Outcome.FAILED) == 2


@pytest.mark.case("V15")
def test_waits_are_as_the_policy_says() -> None:
    policy = Retries(9, backoff_factor=1.0, backoff_max=3.0, backoff_jitter=0.0)
    tries = Tries(policy)
    waits = [tries.next_pause({Outcome.LOST}, 0.0) for _i in range(4)]
    assert waits == [0.0, 2.0, 3.0, 3.0]


def test_waits_vary() -> None:
    waits = set()
    for _i in range(5):
        tries = Tries(Retries(5))
        tries.next_pause({Outcome.LOST}, 0.0)
        waits.add(tries.next_pause({Outcome.LOST}, 0.0))
    assert len(waits) == 5


def test_the_server_is_obeyed_unless_somebody_says_otherwise() -> None:
    assert Tries(Retries(1)).next_pause({Outcome.LIMITED}, 100.0) == 100.0
    rude = Retries(1, respect_retry_after_header=False)
    assert Tries(rude).next_pause({Outcome.LIMITED}, 100.0) == 0.0
