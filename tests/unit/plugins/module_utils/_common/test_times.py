# SPDX-License-Identifier: GPL-3.0-or-later
"""Times are read as Vault and Docker write them, and written so that both read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.times import (
    format_time,
    parse_time,
    whole_second,
)

MOMENT = datetime(2026, 2, 28, 23, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-28T23:59:58Z",
        "2026-02-28T23:59:58.9Z",
        "2026-02-28T23:59:58.123456789Z",
    ],
)
def test_decimals_of_a_second_are_dropped(text: str) -> None:
    assert parse_time(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-02-28",
        "2026-02-28T23:59",
        "2026-02-28 23:59:58Z",
        "20260228T235958Z",
        "2026-02-30T00:00:00Z",
        "2026-02-28T25:00:00Z",
        "٢٠٢٦-02-28T23:59:58Z",
    ],
)
def test_anything_else_is_not_a_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - by its kind: nobody shows its text
        parse_time(text)


def test_what_is_written_is_utc_and_can_be_read() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=-5)))
    assert format_time(elsewhere) == "2026-02-28T23:59:58Z"
    assert parse_time(format_time(elsewhere)) == MOMENT


def test_a_whole_second_has_no_fraction() -> None:
    assert whole_second(MOMENT.replace(microsecond=999_999)) == MOMENT
