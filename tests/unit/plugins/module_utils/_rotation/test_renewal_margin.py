# SPDX-License-Identifier: GPL-3.0-or-later
"""When a value that ends is renewed, and when that is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.renewal_margin import (
    due_at,
    margin_problem,
    retry_at,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.validity import Validity

ISSUED = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERM = Validity(ISSUED, ISSUED + 3 * HOUR)


def test_without_a_margin_a_value_is_renewed_when_two_thirds_of_its_time_are_over() -> None:
    assert due_at(TERM, None) == ISSUED + 2 * HOUR


@pytest.mark.parametrize(
    ("margin", "before"),
    [
        ("30m", HOUR / 2),
        ("1800", HOUR / 2),
        ("1800s", HOUR / 2),
        ("0.5h", HOUR / 2),
        ("50%", 1.5 * HOUR),
        (" 10 % ", 0.3 * HOUR),
    ],
)
def test_a_margin_is_a_time_or_a_share(margin: str, before: timedelta) -> None:
    assert margin_problem(margin) is None
    assert due_at(TERM, margin) == TERM.expires - before


@pytest.mark.parametrize("margin", ["7d", "3h", "4w", "66%"])
def test_a_margin_as_long_as_the_value_is_good_for_does_not_renew_it_at_each_run(
    margin: str,
) -> None:
    assert due_at(TERM, margin) >= ISSUED + HOUR


@pytest.mark.parametrize("margin", ["", "soon", "-1h", "1y", "0", "0%", "67%", "1h30m", "9" * 12])
def test_what_is_no_margin_is_told(margin: str) -> None:
    problem = margin_problem(margin)
    assert problem
    assert "vault_renew_before" in problem


def test_after_a_failure_half_of_the_time_left_has_to_pass() -> None:
    failed = ISSUED + 2 * HOUR
    assert retry_at(failed, TERM.expires, TERM.seconds) == failed + HOUR / 2


def test_each_further_failure_halves_the_wait_but_not_for_ever() -> None:
    waits, failed = [], ISSUED + 2 * HOUR
    for _try in range(12):
        again = retry_at(failed, TERM.expires, TERM.seconds)
        waits.append(again - failed)
        failed = again
    assert waits[:2] == [HOUR / 2, HOUR / 4]
    assert min(waits) >= 3 * HOUR / 20


def test_once_it_has_ended_it_is_tried_ever_more_rarely() -> None:
    failed = TERM.expires + 4 * HOUR
    assert retry_at(failed, TERM.expires, TERM.seconds) == failed + 2 * HOUR
