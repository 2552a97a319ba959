# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the plugin can do its work: what is known of each Vault and of the rotation.

Nothing is asked for it: it tells what came of the last request that was meant for a Vault, so that
a health check can be as frequent as it likes.
"""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class State:
    """What is known at one moment.

    :param vaults: what is wrong with each Vault by its connection's name; None: nothing known.
    :param rotation: what is wrong with the rotation; None: nothing known.
    :param rotated_at: when the rotation was last done without a failure, in seconds since 1970.
    """

    vaults: t.Mapping[str, str | None] = field(default_factory=dict)
    rotation: str | None = None
    rotated_at: float | None = None

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return self.rotation is None and not any(self.vaults.values())

    def as_json(self) -> dict[str, t.Any]:
        """Return it as the answer to ``/health``; problems name no value."""
        return {
            "healthy": self.healthy,
            "vaults": {name: problem or "ok" for name, problem in self.vaults.items()},
            "rotation": self.rotation or "ok",
            "rotated_at": self.rotated_at,
        }


class Health:
    """Is told what happens, by any thread.

    :param connections: names of the connections.
    """

    def __init__(self, connections: t.Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._vaults: dict[str, str | None] = dict.fromkeys(connections)
        self._rotation: str | None = None
        self._rotated_at: float | None = None

    def vault_answered(self, connection: str) -> None:
        """Take down that a Vault gave what it was asked for."""
        self._is(connection, None)

    def vault_failed(self, connection: str, problem: str) -> None:
        """Take down that a Vault cannot be reached or logged in to.

        :param problem: what went wrong, without any value.
        """
        self._is(connection, problem)

    def _is(self, connection: str, problem: str | None) -> None:
        # A label can name anything, which must not end up here for good.
        with self._lock:
            if connection in self._vaults:
                self._vaults[connection] = problem

    def rotated(self, problem: str | None = None) -> None:
        """Take down that a rotation is done.

        :param problem: what went wrong in it; None: nothing.
        """
        with self._lock:
            self._rotation = problem
            if problem is None:
                self._rotated_at = time.time()

    def state(self) -> State:
        """Return what is known."""
        with self._lock:
            return State(dict(self._vaults), self._rotation, self._rotated_at)
