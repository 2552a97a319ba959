# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the rotation, for log, metrics and health. Never a value."""

from __future__ import annotations

import dataclasses
import threading
import typing as t
from dataclasses import dataclass, field

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


#: Actions that leave a secret without what its source holds.
_IN_TROUBLE = ("failed", "kept", "quarantined")
_NOTHING_DONE = ("unchanged",)
_GOOD_STATES = ("converged", "updating", "gone", "superseded", "skipped")


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
        for secret in report.secrets:
            if secret.action in _NOTHING_DONE:
                continue
            in_trouble = secret.action in _IN_TROUBLE
            line = ("secret", secret.name, secret.action, secret.current, secret.reason)
            seen.add(line)
            if line not in before:
                (self._log.warning if in_trouble else self._log.info)(
                    f"rotation: secret {secret.action}",
                    secret=secret.name,
                    outcome=secret.action,
                    version=secret.current or "none",
                    reason=secret.reason,
                    vault=connection,
                )
        for service in report.services:
            line = ("service", service.name, service.action, service.state, service.reason)
            # Whatever was sent to a service is told each time.
            seen.update({line} if service.action != "updated" else ())
            if line not in before:
                good = service.state in _GOOD_STATES
                (self._log.info if good else self._log.warning)(
                    f"rotation: service {service.action}",
                    service=service.name,
                    secret=",".join(service.secrets),
                    outcome=service.state,
                    reason=service.reason,
                    duration=round(service.duration, 1),
                )
        self._tell_rest(report, before, seen)
        self._told[connection] = frozenset(seen)
        if report.changed:
            self._log.info(
                "rotation: done",
                vault=connection,
                reason=report.message,
                duration=round(seconds, 1),
            )

    def _tell_rest(
        self, report: Report, before: t.Container[t.Hashable], seen: set[t.Hashable]
    ) -> None:
        for name in report.retired:
            self._log.info("rotation: version removed", secret=name)
        for name in report.revoked:
            self._log.info("rotation: lease ended", secret=name)
        for warning in map(_in_our_words, report.warnings):
            seen.add(warning)
            if warning not in before:
                self._log.warning("rotation: warning", reason=warning)


def _in_our_words(text: str) -> str:
    """Return what the core says of the module's option with the name of the plugin's setting."""
    return text.replace("discover_paths", access.ALLOWED_PATHS)


def problem_of(report: Report) -> str:
    """Return what went wrong in a run; empty: nothing."""
    if report.failed:
        return report.message
    kept = [one for one in report.secrets if one.action == "kept"]
    return "; ".join(f"{one.name}: {one.reason}" for one in kept)
