# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What carrying out a plan came to, as it is gathered on the way."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from . import outcome, spec_edits


@dataclass
class ApplyResult:
    """What carrying out a plan came to.

    :param targets: version that consumers were to run, by logical name.
    :param failed_secrets: logical secrets that went wrong, with the reason.
    :param revoked: names of the Swarm secrets whose lease was ended.
    """

    changed: bool = False
    targets: dict[str, spec_edits.Target] = field(default_factory=dict)
    outcomes: list[outcome.Outcome] = field(default_factory=list)
    failed_secrets: dict[str, str] = field(default_factory=dict)
    retired: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
