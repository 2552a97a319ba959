# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for old tasks to end: after an update has completed they may still serve for a while.

Swarm asks a task to stop and goes on; the task then has its StopGracePeriod to complete what it
does, for which it may have to log in once more.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ..._swarm import model
    from . import tools as toolbox

#: Seconds between two looks at the tasks.
_POLL_INTERVAL = 0.5
#: What the engine takes where a service does not say (api/defaults/service.go in swarmkit).
_DEFAULT_GRACE = 10.0
#: Seconds for the end of a container to be noticed by a manager.
_SLACK = 10.0
_NANOSECONDS = 1e9


def wait_for_tasks_to_stop(
    tools: toolbox.Tools,
    services: t.Sequence[model.Service],
    secret_ids: t.Collection[str],
    patience: float,
) -> frozenset[str]:
    """Return those of the secrets that a task has which has not ended.

    :param services: whose tasks may have them.
    :param patience: seconds to wait at most, however long a service grants its tasks to stop: the
        next run sees to what is left. A task on a node that is lost does not end at all, as far as
        the engine knows.
    :raises DockerError: the engine is lost.
    """
    clock = tools.clock
    by_id = {service.id: service for service in services}
    start = clock.monotonic()
    while by_id:
        tasks = [
            task
            for task in tools.swarm.tasks(by_id, live_only=False)
            if not task.has_ended and not task.secret_ids.isdisjoint(secret_ids)
        ]
        waited = clock.monotonic() - start
        granted = max((_grace(by_id[task.service_id]) for task in tasks), default=0.0) + _SLACK
        if not tasks or waited >= min(granted, patience) or clock.cancelled():
            used = {secret_id for task in tasks for secret_id in task.secret_ids}
            return frozenset(used.intersection(secret_ids))
        clock.sleep(_POLL_INTERVAL)
    return frozenset()


def _grace(service: model.Service) -> float:
    container = (service.raw_spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    grace = container.get("StopGracePeriod")
    return _DEFAULT_GRACE if grace is None else grace / _NANOSECONDS
