# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``swarm_manager_info`` does and tells."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._common import errors
from .._swarm.diagnosis import manager
from . import connections

Params = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class ManagerReport:
    """The module's result: it never fails over an engine, since that is what is asked."""

    state: manager.ManagerState
    failed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """One line: the node and what is the matter with it."""
        node = self.state.node or "The engine"
        if self.state.problem is None:
            return f"{node} is a manager that serves."
        return f"{node} is passed over: {self.state.problem}"

    def as_dict(self) -> dict[str, t.Any]:
        """Give the return values."""
        return {
            "changed": False,
            "ready": self.state.problem is None,
            "reason": self.state.problem,
            "node": self.state.node or None,
            "leader": self.state.leads,
        }

    def diff(self) -> dict[str, str]:
        """Give nothing: nothing is ever changed."""
        return {"before": "", "after": ""}


def report_manager(params: Params) -> ManagerReport:
    """Ask the engine; what keeps it from answering is the answer."""
    try:
        with connections.connected(params) as (swarm, _reader):
            return ManagerReport(swarm.manager_state())
    except errors.SwarmVaultError as error:
        return ManagerReport(manager.ManagerState("", str(error)))
