# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one consumer's update wants done: by the engine, or by the rollout for other consumers."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from ..._swarm import model as swarm_model


@dataclass(frozen=True)
class Send:
    """Send this spec; None: let the engine go back to the spec before."""

    spec: swarm_model.RawSpec | None


@dataclass(frozen=True)
class Block:
    """Start these secrets on no further consumer."""

    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Suspect:
    """Start these secrets on no further consumer until it is known which of them is at fault."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Clear:
    """These secrets were suspected, and are not at fault."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Quarantine:
    """Note on these secrets' versions that they failed here."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class TakeBack:
    """Every consumer that was moved to these secrets goes back as well."""

    names: tuple[str, ...]


Action = t.Union[Send, Block, Suspect, Clear, Quarantine, TakeBack]
Actions = list[Action]
