# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several new values is at fault: each rejection is one that was tried, or the last left."""

from __future__ import annotations

import itertools
from collections.abc import Container

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.apply.suspects import (
    Group,
    Suspects,
)

A, B, C = ("a",), ("b",), ("c", "c2")


def tried(groups: list[Group], bad: set[str], cleared: Container[str] = ()) -> Suspects:
    """Try until it is known, on a consumer that rejects some."""
    suspects = Suspects()
    suspects.begin(groups, cleared)
    for _trial in range(10):
        suspects.eliminated()
        if not suspects.untried:
            return suspects
        if suspects.next_trial() & bad:
            suspects.failed()
        else:
            suspects.passed()
    raise AssertionError("it does not come to an end")


@pytest.mark.case("S8")
@pytest.mark.parametrize("cleared", [set(), {"a"}, {"a", "b"}, {"a", "b", "c", "c2"}])
def test_exactly_the_bad_ones_are_found_out(cleared: set[str]) -> None:
    names = ["a", "b", "c"]
    for number in (1, 2, 3):
        for bad in itertools.combinations(names, number):
            found = tried([A, B, C], set(bad), cleared)
            assert {name for name in found.bad if name != "c2"} == set(bad)
            assert found.good.isdisjoint(found.bad)
            assert found.good | set(found.bad) == {"a", "b", "c", "c2"}


def test_what_runs_well_elsewhere_is_tried_at_once_and_the_one_left_is_at_fault() -> None:
    suspects = Suspects()
    suspects.begin([A, B, C], {"a", "b"})
    assert suspects.next_trial() == {"a", "b"}
    assert suspects.passed() == ("a", "b")
    assert suspects.eliminated() == C


def test_a_single_group_needs_no_trial() -> None:
    suspects = Suspects()
    suspects.begin([C], set())
    assert suspects.eliminated() == C


def test_nothing_is_eliminated_once_one_is_known_to_be_bad() -> None:
    suspects = Suspects()
    suspects.begin([A, B], set())
    suspects.next_trial()
    assert suspects.failed() == A
    assert suspects.eliminated() == ()
    assert suspects.next_trial() == {"b"}
