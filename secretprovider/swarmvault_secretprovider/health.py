# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the plugin can do its work: what is known of each Vault and of the rotation.

Nothing is asked for it: it tells what came of the last request that was meant for a Vault, so that
a health check can be as frequent as it likes.
"""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass, field

from .rotation_status import Status

#: Of a Vault that was not asked for anything yet.
_UNKNOWN = "not asked yet"


@dataclass(frozen=True)
class State:
    """What is known at one moment.

    :param vaults: what is wrong with each Vault by its connection's name, empty where nothing is;
        None where it was not asked for anything yet.
    :param rotation: what is known of the rotation; None: the plugin does not rotate.
    """

    vaults: t.Mapping[str, str | None] = field(default_factory=dict)
    rotation: Status | None = None

    @property
    def rotation_problem(self) -> str:
        """What went wrong in the last rotation; empty where nothing did, or others rotate now."""
        return self.rotation.last_error if self.rotation and self.rotation.leads else ""

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.rotation_problem and not any(self.vaults.values())

    def as_json(self) -> dict[str, t.Any]:
        """Return it as the answer to ``/health``; problems name no value."""
        vaults = {
            name: _UNKNOWN if problem is None else problem or "ok"
            for name, problem in self.vaults.items()
        }
        return {"healthy": self.healthy, "vaults": vaults, "rotation": self._rotation()}

    def _rotation(self) -> dict[str, t.Any] | None:
        if self.rotation is None:
            return None
        return {
            "leads": self.rotation.leads,
            "problem": self.rotation_problem,
            "last_success": self.rotation.last_success,
            "last_failure": self.rotation.last_failure,
            "secrets": dict(self.rotation.secrets),
        }


class Health:
    """Is told what happens, by any thread.

    :param connections: names of the connections.
    :param rotation: tells what is known of the rotation; None: the plugin does not rotate.
    """

    def __init__(
        self, connections: t.Iterable[str], rotation: t.Callable[[], Status] | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._vaults: dict[str, str | None] = dict.fromkeys(connections)
        self._rotation = rotation

    def vault_answered(self, connection: str) -> None:
        """Take down that a Vault did what it was asked for."""
        self._is(connection, "")

    def vault_failed(self, connection: str, problem: str) -> None:
        """Take down that a Vault cannot be reached or logged in to.

        :param problem: what went wrong, without any value.
        """
        self._is(connection, problem)

    def state(self) -> State:
        """Return what is known."""
        with self._lock:
            return State(dict(self._vaults), self._rotation() if self._rotation else None)

    def _is(self, connection: str, problem: str) -> None:
        # A label can name anything, which must not end up here for good.
        with self._lock:
            if connection in self._vaults:
                self._vaults[connection] = problem
