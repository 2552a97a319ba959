# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a service: one that cannot get there says why, and is not waited for to the end."""

from __future__ import annotations

import collections.abc as c
import time
import typing as t

import docker
import docker.errors

from testbed.errors import BedError
from testbed.waiting import wait_for

T = t.TypeVar("T")

#: A task that ended by itself on the way to running, in the words of the engine.
FAILED = ("failed", "rejected")
#: Fewer are bad luck: an address that is not free yet, a network that a node does not know yet.
ENOUGH = 5
#: Seconds for which a service may go on failing before it is given up.
PATIENCE = 15.0


def wait_for_service(  # noqa: PLR0913 - those of wait_for(), and whose tasks to look at
    what: str,
    probe: c.Callable[[], T | None],
    *,
    client: docker.APIClient,
    service: str,
    timeout: float,
    interval: float = 0.1,
    patience: float = PATIENCE,
) -> T:
    """Wait as wait_for() does, but only as long as the tasks of a service do not keep failing.

    :param service: its name or id.
    :param timeout: seconds, as are interval and patience.
    :raises BedError: with the last error of its tasks.
    """
    tasks = Tasks(client, service)

    def probe_and_look() -> T | None:
        result = probe()
        if not result and tasks.keep_failing(patience):
            raise KeepsFailingError(
                f"gave up waiting for {what}: the tasks of {service} keep failing, {tasks.told()}"
            )
        return result

    try:
        return wait_for(what, probe_and_look, timeout=timeout, interval=interval)
    except KeepsFailingError:
        raise
    except BedError as error:
        raise BedError(f"{error}; of {service} {tasks.told()}") from error


class KeepsFailingError(BedError):
    """No sense in waiting any longer."""


class Tasks:
    """The tasks of a service, watched from now on: earlier failures are another story."""

    def __init__(self, client: docker.APIClient, service: str) -> None:
        self._client = client
        self._service = service
        self._since = time.monotonic()
        self._old = {task["ID"] for task in self._all() if task["Status"]["State"] in FAILED}
        self._failed: set[str] = set()

    def keep_failing(self, patience: float) -> bool:
        """Whether many have failed by now, for so many seconds."""
        if time.monotonic() - self._since < patience:
            # The engine keeps five failed ones of each replica: looking late is enough.
            return False
        failed = {task["ID"] for task in self._all() if task["Status"]["State"] in FAILED}
        self._failed |= failed - self._old
        return len(self._failed) >= ENOUGH

    def told(self) -> str:
        """Say what the task has to say that was heard of last, preferably why it cannot run."""
        tasks = sorted(self._all(), key=lambda task: task["Status"].get("Timestamp", ""))
        if not tasks:
            return "there are no tasks"
        complaining = [task for task in tasks if task["Status"].get("Err")]
        status = (complaining or tasks)[-1]["Status"]
        if not complaining:
            return f"the last task is {status['State']}: {status.get('Message', '')}"
        return f"the last error of a task is: {status['Err']} ({status['State']})"

    def _all(self) -> list[dict[str, t.Any]]:
        try:
            return list(self._client.tasks(filters={"service": self._service}))
        except docker.errors.APIError:
            # There is no such service, or no quorum: whoever waits for that says it better.
            return []
