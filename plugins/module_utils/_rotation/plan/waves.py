# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which waves a run moves, and which it leaves to a later one: pure.

So that somebody may judge the new values between two waves, and after the last one. Until a run
has nothing left to move, nothing is confirmed, retired or revoked: a way back has to stay open.
"""

from __future__ import annotations

import typing as t

from . import model


def hold_back(
    consumers: t.Sequence[model.ConsumerPlan], max_waves: int | None
) -> tuple[model.ConsumerPlan, ...]:
    """Leave to a later run what is not among the first waves that have something to move.

    :param max_waves: how many waves are moved; None: all.
    """
    if max_waves is None:
        return tuple(consumers)
    waves = sorted({item.wave for item in consumers if item.moves})
    later = frozenset(waves[max_waves:])
    return tuple(
        item._replace(
            action=model.LATER,
            reason=f"its wave, {item.wave}, is left to a later run: {item.reason}",
        )
        if item.moves and item.wave in later
        else item
        for item in consumers
    )


def open_secrets(
    secrets: t.Iterable[str],
    consumers: t.Iterable[model.ConsumerPlan],
    max_waves: int | None,
) -> frozenset[str]:
    """Return the logical secrets that a run must leave unconfirmed, so that they can go back.

    :param secrets: all that the run is about.
    """
    if max_waves is None or not any(item.moves or item.action is model.LATER for item in consumers):
        return frozenset()
    return frozenset(secrets)
