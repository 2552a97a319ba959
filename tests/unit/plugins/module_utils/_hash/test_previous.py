# SPDX-License-Identifier: GPL-3.0-or-later
"""What an earlier run found is taken in each form in which a playbook can keep it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.previous import (
    Previous,
    read_previous,
)

CANARY = "canary-55d1"
ENTRY: dict[str, t.Any] = {
    "name": "db",
    "hash": "sha256$00",
    "version": 3,
    "created_time": "2026-01-01T00:00:00Z",
    "custom_metadata": {},
    "source": "kv2:secret/db",
    "differs": True,
}
WHOLE = Previous("sha256$00", 3, "2026-01-01T00:00:00Z", "kv2:secret/db")


@pytest.mark.parametrize("given", [None, {}, []])
def test_there_may_be_nothing(given: object) -> None:
    assert read_previous(given) == {}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"db": "sha256$00"}, Previous("sha256$00")),
        ({"db": ENTRY}, WHOLE),
        ({"db": {"hash": "sha256$00", "version": None}}, Previous("sha256$00")),
        ([ENTRY], WHOLE),
        ((ENTRY,), WHOLE),
    ],
)
def test_hashes_and_entries_are_read(given: object, found: Previous) -> None:
    assert read_previous(given) == {"db": found}


def test_hashes_and_entries_may_be_mixed() -> None:
    assert read_previous({"a": "sha256$00", "b": ENTRY}) == {"a": Previous("sha256$00"), "b": WHOLE}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (CANARY, "previous must be a list or a mapping, but is of type str"),
        (7, "previous must be a list or a mapping, but is of type int"),
        ([CANARY], "Entry 1 of previous has no name"),
        ([ENTRY, {"hash": CANARY}], "Entry 2 of previous has no name"),
        ([ENTRY, ENTRY], "previous lists db twice"),
        ({"db": None}, "previous has neither a hash nor an entry for db"),
        ({"db": [CANARY]}, "previous has neither a hash nor an entry for db"),
        ({"db": {"version": 3}}, "In previous, hash of db must be a string"),
        ({"db": {**ENTRY, "version": CANARY}}, "In previous, version of db must be an integer"),
        ({"db": {**ENTRY, "version": True}}, "In previous, version of db must be an integer"),
        ({"db": {**ENTRY, "created_time": 5}}, "In previous, created_time of db must be a string"),
        # What the task returned, instead of its hashes.
        ({"changed": False, "hashes": [ENTRY]}, "neither a hash nor an entry for changed"),
    ],
)
def test_anything_else_is_refused_without_being_shown(given: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_previous(given)
    assert said in caught.value.message
    assert "hashes that an earlier run returned" in caught.value.remedy
    assert CANARY not in str(caught.value)
