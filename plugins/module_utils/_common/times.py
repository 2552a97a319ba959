# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times as Vault and Docker write them, in UTC and whole seconds."""

from __future__ import annotations

import re
from datetime import datetime, timezone

# What Python reads differs from one version to the next.
_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


def whole_second(moment: datetime) -> datetime:
    """Drop the fraction."""
    return moment.replace(microsecond=0)


def parse_time(text: str) -> datetime:
    """Return a time as Vault and Docker write it: RFC 3339, UTC, up to nine decimals of a second.

    Python 3.9 reads neither the decimals nor the Z; whole seconds are enough here.

    :raises ValueError: it is not such a time.
    """
    if not _SECONDS.match(text):
        raise ValueError("not a time of RFC 3339")
    # Not strptime: that loads two modules of Python first.
    return datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)


def format_time(moment: datetime) -> str:
    """Return RFC 3339 text, as :func:`parse_time` reads it."""
    return moment.astimezone(timezone.utc).strftime(_FORM)
