# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for old tasks to end: after an update has completed they may still serve for a while.

Swarm asks a task to stop and goes on; the task then has its StopGracePeriod to complete what it
does, for which it may have to log in once more.
"""

from __future__ import annotations

import time
import typing as t

if t.TYPE_CHECKING:
    from ..._swarm.client import SwarmClient
    from ..._swarm.model import Service

#: Seconds between two looks at the tasks.
_POLL_INTERVAL = 0.5
#: What the engine takes where a service does not say (api/defaults/service.go in swarmkit).
_DEFAULT_GRACE = 10.0
#: Seconds for the end of a container to be noticed by a manager.
_SLACK = 10.0
_NANOSECONDS = 1e9


def wait_for_tasks_to_stop(
    swarm: SwarmClient,
    services: t.Sequence[Service],
    secret_ids: t.Collection[str],
    *,
    wait: bool,
) -> frozenset[str]:
    """Return those of the secrets that a task has which has not ended.

    :param services: whose tasks may have them.
    :param wait: give tasks the time that their service grants them to stop. One on a node that is
        lost does not end, as far as the engine knows.
    :raises DockerError: the engine is lost.
    """
    deadline = time.monotonic() + (_patience(services) if wait else 0.0)
    while services:
        tasks = swarm.tasks([service.id for service in services], live_only=False)
        used = {
            secret_id
            for task in tasks
            if not task.has_ended
            for secret_id in task.secret_ids
            if secret_id in secret_ids
        }
        if not used or time.monotonic() >= deadline:
            return frozenset(used)
        time.sleep(_POLL_INTERVAL)
    return frozenset()


def _patience(services: t.Iterable[Service]) -> float:
    return max((_grace(service) for service in services), default=0.0) + _SLACK


def _grace(service: Service) -> float:
    container = (service.raw_spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    grace = container.get("StopGracePeriod")
    return _DEFAULT_GRACE if grace is None else grace / _NANOSECONDS
