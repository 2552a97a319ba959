# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a version holds, and how it becomes the file in a container: data only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from .._common import secret_value
    from .._swarm import model


@dataclass(frozen=True)
class Stored:
    """A value that is kept in the Swarm itself.

    :param templating: how the engine fills in placeholders of the value; None: it does not.
    """

    value: secret_value.SecretValue = field(repr=False)
    templating: model.RawSpec | None = None


@dataclass(frozen=True)
class Unread:
    """A value that Vault would make by being read, which check mode must not let it do."""


Payload = t.Union[Stored, Unread]
