# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a value is good for: the lease of a credential, the validity of a certificate."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta, timezone

from .._common import times


class Validity(t.NamedTuple):
    """From when to when a value is good, in whole seconds of UTC.

    :param lease_id: by which Vault can be told to end it earlier. It is no secret: it names a
        lease and gives no right to anything.
    :param serial: serial number of a certificate.
    :param cut_short: it ends with the token that read it, before its own time.
    """

    issued: datetime
    expires: datetime
    lease_id: str | None = None
    serial: str | None = None
    cut_short: bool = False

    @property
    def seconds(self) -> float:
        """The whole length."""
        return (self.expires - self.issued).total_seconds()

    @property
    def issuance_id(self) -> str | None:
        """Tells values that were issued together from those of another time."""
        return self.lease_id or self.serial


def lease_term(lease_id: str, seconds: float, lived: float) -> Validity:
    """Return the term of a lease that has just begun.

    :param seconds: how long Vault grants it.
    :param lived: how long it will live, which the token it belongs to may cut short.
    """
    now = times.whole_second(datetime.now(timezone.utc))
    return Validity(now, now + timedelta(seconds=int(lived)), lease_id, cut_short=lived < seconds)
