# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines of the oldest and the newest generation, shared by all tests, emptied of our things."""

from __future__ import annotations

import typing as t

import pytest

from tests.e2e.swarm.engine import Engine

if t.TYPE_CHECKING:
    from testbed import Bed


@pytest.fixture(params=["oldest_bed", "newest_bed"])
def bed(request: pytest.FixtureRequest) -> Bed:
    """A bed of each engine generation in turn."""
    return t.cast("Bed", request.getfixturevalue(request.param))


@pytest.fixture
def engine(bed: Bed) -> t.Iterator[Engine]:
    """A Swarm to make things in; they are gone after the test."""
    found = Engine(bed)
    yield found
    found.clean()


@pytest.fixture
def new_engine(newest_bed: Bed) -> t.Iterator[Engine]:
    """The same for the newest engine only, where the generation makes no difference."""
    found = Engine(newest_bed)
    yield found
    found.clean()
