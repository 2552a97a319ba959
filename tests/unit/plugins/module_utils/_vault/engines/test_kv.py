# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of KV v2 is the one to use, told from metadata alone."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SourceError,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.times import parse_time
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.engines.kv import (
    version_in,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.engines.location import (
    Location,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import SourceVersion

PLACE = Location("kv2", "secret", "app")
NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.469362852Z"


def metadata(current: int, **versions: dict[str, t.Any]) -> dict[str, t.Any]:
    alive = {"created_time": "2026-01-01T00:00:00Z", "deletion_time": "", "destroyed": False}
    return {
        "current_version": current,
        "versions": {number.strip("v"): {**alive, **known} for number, known in versions.items()},
    }


def test_the_current_version_unless_pinned() -> None:
    known = metadata(2, v1={"created_time": "first"}, v2={"created_time": "second"})
    assert version_in(known, PLACE, None, NOW) == SourceVersion(2, "second")
    assert version_in(known, PLACE, 1, NOW) == SourceVersion(1, "first")


def test_a_deletion_in_the_future_is_none_yet() -> None:
    soon = metadata(1, v1={"deletion_time": stamp(NOW + timedelta(seconds=1))})
    assert version_in(soon, PLACE, None, NOW).number == 1


@pytest.mark.parametrize(
    ("known", "pinned", "message"),
    [
        (
            metadata(1, v1={"deletion_time": stamp(NOW)}),
            None,
            "Version 1 of secret/app was deleted",
        ),
        (metadata(2, v1={"destroyed": True}, v2={}), 1, "Version 1 of secret/app is destroyed"),
        (metadata(2, v2={"destroyed": True}), None, "Version 2 of secret/app is destroyed"),
        (metadata(0), None, "no version yet"),
        (metadata(5, v4={}, v5={}), 2, "no version 2"),
        (metadata(5, v4={}, v5={}), 6, "no version 6"),
    ],
)
def test_a_version_that_is_gone_touches_nothing(
    known: dict[str, t.Any], pinned: int | None, message: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        version_in(known, PLACE, pinned, NOW)
    assert "Nothing is touched." in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.469362852Z"])
def test_times_of_vault_are_read_with_and_without_decimals(text: str) -> None:
    assert parse_time(text) == NOW
