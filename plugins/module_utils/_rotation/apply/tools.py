# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan is carried out with."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ..._common import clock as clocks
    from ..._swarm import client
    from ..._vault import source


class Tools(t.NamedTuple):
    """The way to the engine, to Vault, and the time.

    :param reader: used only where there are leases to end.
    """

    swarm: client.SwarmClient
    reader: source.SourceReader
    clock: clocks.Clock
