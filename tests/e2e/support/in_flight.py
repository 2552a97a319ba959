# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which consumers are on their way at the same time, as the engine itself sees it."""

from __future__ import annotations

import typing as t

from tests.e2e.support.interference import Hooked, is_service_update

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.transport import (
        Transport,
    )

    from tests.e2e.support.world import World


class InFlight:
    """Asks the engine, right before each update, which of the updates before are not completed.

    :ivar starts: the services in the order of their updates, each with the names of the services
        that were still on their way when it was started.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.starts: list[tuple[str, frozenset[str]]] = []

    def watch(self, transport: Transport) -> Transport:
        """Wrap the real transport."""
        return Hooked(transport, before=self._note)

    @property
    def order(self) -> list[str]:
        """The services in the order of their updates."""
        return [name for name, _second in self.starts]

    @property
    def most(self) -> int:
        """The most services that were ever on their way at once."""
        return max(len(others) + 1 for _first, others in self.starts)

    def _note(self, call: str) -> None:
        if not is_service_update(call):
            return
        service = self._world.inspect(call.split("/")[2])["Spec"]["Name"]
        others = frozenset(name for name, _second in self.starts if not self._is_completed(name))
        self.starts.append((service, others))

    def _is_completed(self, service: str) -> bool:
        status = self._world.inspect(service).get("UpdateStatus") or {}
        return status.get("State") == "completed"
