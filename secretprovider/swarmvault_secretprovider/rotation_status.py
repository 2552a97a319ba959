# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the rotation, for log, metrics and health. Never a value."""

from __future__ import annotations

import dataclasses
import threading
import typing as t
from dataclasses import dataclass, field

from swarmvault_core._rotation import events

from . import access

if t.TYPE_CHECKING:
    from swarmvault_core._rotation.report import Report


class Log(t.Protocol):
    """What is needed of a structured log."""

    def info(self, event: str, **fields: t.Any) -> t.Any:
        """Log what went as it should."""

    def warning(self, event: str, **fields: t.Any) -> t.Any:
        """Log what somebody should look at."""

    def error(self, event: str, **fields: t.Any) -> t.Any:
        """Log what failed."""


@dataclass(frozen=True)
class Status:
    """What is known at one moment. Times are in seconds since 1970.

    :param leads: whether this node is the one to rotate; None: it is not known.
    :param running: whether a rotation is under way.
    :param runs: how many were made.
    :param failures: how many of them failed, in whole or in part.
    :param last_success: when one last ended without a failure.
    :param last_failure: when one last ended with one.
    :param last_error: what went wrong in the last one; empty: nothing.
    :param secrets: what the last one did to each logical secret, such as ``unchanged`` or
        ``rotated``. Empty where this node does not lead: its knowledge is old.
    """

    leads: bool | None = None
    running: bool = False
    runs: int = 0
    failures: int = 0
    last_success: float | None = None
    last_failure: float | None = None
    last_error: str = ""
    secrets: t.Mapping[str, str] = field(default_factory=dict)


class StatusKeeper:
    """Is told by one thread what happens, and asked by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status = Status()

    def status(self) -> Status:
        """Return what is known."""
        with self._lock:
            return self._status

    def change(self, **changes: t.Any) -> None:
        """Take something down."""
        with self._lock:
            self._status = dataclasses.replace(self._status, **changes)

    def ended(self, now: float, problem: str) -> None:
        """Take down that a rotation has ended.

        :param problem: what went wrong; empty: nothing.
        """
        known = self.status()
        when = {"last_failure": now} if problem else {"last_success": now}
        self.change(
            running=False,
            runs=known.runs + 1,
            failures=known.failures + bool(problem),
            last_error=problem,
            **when,
        )


class Teller:
    """Logs what runs do: a line for each secret and each service that one touched.

    What is as it was at the run before is not told again, or a schedule would fill the log.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._told: dict[str, frozenset[t.Hashable]] = {}

    def tell(self, connection: str, report: Report, seconds: float) -> None:
        """Log a report.

        :param connection: name of the Vault that the run was for.
        :param seconds: how long the run took.
        """
        seen: set[t.Hashable] = set()
        before = self._told.get(connection, frozenset())
        for event in _events(connection, report):
            if event.key is not None:
                seen.add(event.key)
            if event.key is None or event.key not in before:
                self._write(event)
        self._told[connection] = frozenset(seen)
        if report.changed:
            self._log.info(
                "rotation: done",
                vault=connection,
                reason=report.message,
                duration=round(seconds, 1),
            )

    def _write(self, event: events.Event) -> None:
        write = self._log.info if event.level == events.INFO else self._log.warning
        write(event.event, **event.fields)


def _events(connection: str, report: Report) -> t.Iterator[events.Event]:
    result = report.as_dict()
    for event in events.of_secrets(result):
        yield event._replace(fields={**event.fields, "vault": connection})
    yield from events.of_services(result)
    yield from events.of_the_rest(result, map(_in_our_words, report.warnings))


def _in_our_words(text: str) -> str:
    """Return what the core says of the module's option with the name of the plugin's setting."""
    return text.replace("discover_paths", access.ALLOWED_PATHS)


def problem_of(report: Report) -> str:
    """Return what went wrong in a run; empty: nothing."""
    return events.problem_of(report.as_dict(), report.message if report.failed else "")
