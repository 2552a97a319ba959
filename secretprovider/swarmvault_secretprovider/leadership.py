# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the engine's own node leads the swarm, by what the engine says: no name is assumed.

The plugin runs on every manager, and only one of them is to rotate. Were two of them to believe that
they are the one, for the moment of an election, nothing would break: the core's runs may overlap.
"""

from __future__ import annotations

import typing as t

from swarmvault_core._common import errors
from swarmvault_core._swarm.diagnosis import manager

if t.TYPE_CHECKING:
    from swarmvault_core._swarm.transport import Transport


class Leadership(t.NamedTuple):
    """What was found.

    :param leads: None: it cannot be told, as the engine does not answer or there is no leader.
    :param reason: why it does not lead, or why that cannot be told; empty where it leads.
    """

    leads: bool | None
    reason: str = ""


class OwnNode:
    """The node of one engine.

    :param transport: the way to the engine.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._id = ""

    def leadership(self) -> Leadership:
        """Ask the engine who it is, and the swarm whether that is the leader.

        Its own ID is asked for anew each time, since a node that leaves the swarm and joins again
        is another one. The API has no ``self``: that is a word of the command line.
        """
        try:
            info = self._transport.call("GET", "/info")
            problem = manager.problem_of_engine(info)
            if problem is not None:
                return Leadership(leads=False, reason=problem)
            self._id = info["Swarm"]["NodeID"]
            return self._asked()
        except errors.SwarmVaultError as error:
            return Leadership(leads=None, reason=str(error))

    def still_leads(self) -> bool:
        """Tell whether a node that led still does, as far as it can be told."""
        try:
            return bool(self._asked().leads)
        except errors.SwarmVaultError:
            return False

    def _asked(self) -> Leadership:
        node = self._transport.call("GET", f"/nodes/{self._id}")
        # Managers that cannot reach the leader get an error.
        if manager.is_leader(node):
            return Leadership(leads=True)
        return Leadership(leads=False, reason="another manager leads the swarm")
