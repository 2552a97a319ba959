# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that answers as told, time that passes only when somebody waits, and a log to look at."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

from swarmvault_core._common.errors import DockerError
from swarmvault_core._vault.options import VaultOptions
from swarmvault_secretprovider.settings import Connection, RotationSettings, Settings

INTERVAL = 300.0
AWAY = DockerError("GET /info failed: nothing is listening on the socket.", transient=True)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class VirtualTime:
    """Implements ``rotation.Time``.

    :param lasts: after so many seconds the rotation is told to end.
    """

    def __init__(self, lasts: float) -> None:
        self._elapsed = 0.0
        self._events: list[tuple[float, t.Callable[[], object]]] = [(lasts, self.end)]
        self._ended = False

    def now(self) -> datetime:
        return START + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def wait(self, seconds: float) -> None:
        end = self._elapsed + seconds
        for due, happen in sorted(self._events, key=lambda event: event[0]):
            if due <= end:
                self._elapsed = max(self._elapsed, due)
                self._events.remove((due, happen))
                happen()
        self._elapsed = max(self._elapsed, end)

    def ended(self) -> bool:
        return self._ended

    def end(self) -> None:
        self._ended = True

    def at(self, seconds: float, happen: t.Callable[[], object]) -> None:
        """Let something happen when that much time has passed."""
        self._events.append((seconds, happen))


class Engine:
    """A transport to an engine whose swarm is empty.

    :ivar leads: what it says of its own node; an error: it does not answer.
    :ivar runs: when a rotation began to look at the swarm.
    """

    def __init__(self, clock: VirtualTime, leads: bool | DockerError = True) -> None:
        self.leads = leads
        self.runs: list[float] = []
        self.calls: list[str] = []
        self.info: dict[str, t.Any] = {
            "Swarm": {"NodeID": "n1", "LocalNodeState": "active", "ControlAvailable": True}
        }
        self._clock = clock

    def call(
        self,
        method: str,
        path: str,
        _params: t.Mapping[str, t.Any] | None = None,
        _body: object | None = None,
    ) -> t.Any:
        self.calls.append(f"{method} {path}")
        if isinstance(self.leads, DockerError):
            raise self.leads
        if path == "/secrets":
            self.runs.append(self._clock.monotonic())
        return {
            "/info": self.info,
            "/nodes/n1": {"ManagerStatus": {"Leader": True} if self.leads else {}},
            "/secrets": [],
            "/services": [],
        }[path]


class Lines:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, t.Any]]] = []

    def info(self, event: str, **fields: t.Any) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: t.Any) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: t.Any) -> None:
        self.lines.append(("error", event, fields))

    def events(self) -> list[str]:
        return [event for _level, event, _fields in self.lines]


def connection(name: str = "default", **more: t.Any) -> Connection:
    """Return a connection to a Vault at which nobody listens."""
    options = more.pop("options", lambda: VaultOptions(url="http://127.0.0.1:9"))
    return Connection(name, more.pop("mount", "secret"), options, **more)


def settings(*connections: Connection, interval: float = INTERVAL) -> Settings:
    known = connections or (connection(),)
    return Settings(
        connections={one.name: one for one in known},
        rotation=RotationSettings(enabled=True, interval=interval),
    )
