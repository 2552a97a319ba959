# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a value that ends is to be renewed, and when it is tried again after that has failed."""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timedelta

from .._vault import source

if t.TYPE_CHECKING:
    from .._vault import validity as validities

_MARGIN = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,3})?)\s*(?P<unit>[smhdw%]?)")
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
# As Vault's agent does: https://openbao.org/docs/agent-and-proxy/agent/template/#renewals-and-updating-secrets
_DEFAULT_SHARE = 1 / 3
# A margin longer than the value's own time would renew it at each run.
_LARGEST_SHARE = 2 / 3
# Once the end has passed, trying must not come to rest, nor restart services at each run.
_SMALLEST_WAIT_SHARE = 1 / 20


def margin_problem(text: str) -> str | None:
    """Say what is wrong with a margin as users write it; None: nothing."""
    found = _MARGIN.fullmatch(text.strip())
    if found is None:
        return f"vault_renew_before {text!r} is neither a time such as 30m or 7d nor a share such as 25%"
    number = float(found["number"])
    if not number:
        return "vault_renew_before is 0, so that the value would end before it is renewed"
    if found["unit"] == "%" and number > _LARGEST_SHARE * 100:
        return f"vault_renew_before is {text}, and more than 66% would renew it all the time"
    return None


def engine_problem(engine: str) -> str | None:
    """Say why a margin has no meaning with an engine; None: it has one."""
    if engine in source.WHOLE_PATH_ENGINES:
        return None
    return f"vault_renew_before is for values that end, and those of {engine} do not"


def due_at(validity: validities.Validity, margin: str | None) -> datetime:
    """Return when a value is to be renewed.

    :param margin: time before the end, or share of the whole time, as :func:`margin_problem`
        accepts it; None: a third of the whole time.
    """
    return validity.expires - timedelta(seconds=int(_margin_seconds(validity.seconds, margin)))


def retry_at(failed: datetime, expires: datetime, seconds: float) -> datetime:
    """Return when to try again, after consumers rejected a renewed value.

    Half of the time that was left when it failed has to pass, so that a schedule does not restart
    services at each run, and the last tries come before the end.

    :param failed: when the rejected value was made.
    :param expires: when the value that consumers went back to ends.
    :param seconds: the whole time of such a value.
    """
    left = abs((expires - failed).total_seconds())
    return failed + timedelta(seconds=int(max(left / 2, seconds * _SMALLEST_WAIT_SHARE)))


def _margin_seconds(whole: float, margin: str | None) -> float:
    found = _MARGIN.fullmatch(margin.strip()) if margin else None
    if found is None:
        return whole * _DEFAULT_SHARE
    number = float(found["number"])
    if found["unit"] == "%":
        return whole * min(number / 100, _LARGEST_SHARE)
    return min(number * _UNIT_SECONDS[found["unit"]], whole * _LARGEST_SHARE)
