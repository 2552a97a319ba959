# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a service runs what its spec says: predicates on what the engine returned. Pure.

Facts about the engine (swarmkit, ``manager/controlapi/service.go`` and
``manager/orchestrator/update/updater.go``):

- An update resets ``UpdateStatus`` to nothing. The orchestrator sets ``updating`` before it makes
  the first new task, and ``completed`` one Monitor period after the last one runs. With no task to
  replace (no replicas, only labels changed) the status stays nothing for good.
- A failed update becomes ``paused``, or ``rollback_started`` and then ``rollback_completed`` or
  ``rollback_paused``. A rollback on request starts at ``rollback_started`` too.
- A rollback made by an ordinary update goes nothing -> ``updating`` -> ``completed``.

**Read the tasks first, then the service.** A new task runs only after the status said
``updating``, so a status read later than the tasks cannot miss an update that is being watched.
Why an update failed is the other way round: a task fails first, so only tasks read after the status
are sure to tell (:func:`has_failed_since`).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import model, spec

State = t.Literal["progressing", "converged", "failed"]

_IN_PROGRESS = frozenset({"updating", "rollback_started"})
_FAILED_UPDATE = frozenset({"paused", "rollback_started", "rollback_paused", "rollback_completed"})
_FAILED_ROLLBACK = frozenset({"paused", "rollback_paused"})

_SECOND = 1_000_000_000
# What the engine takes where a service does not say (swarmkit, ``api/defaults/service.go``).
_DEFAULT_MONITOR = 5 * _SECOND
_DEFAULT_GRACE = 10 * _SECOND
_LONGEST_STOP = 60 * _SECOND

_NOT_OF_TASKS = ("ForceUpdate", "Runtime")

MAX_ERROR_LENGTH = 300


@dataclass(frozen=True)
class Assessment:
    """How far a service is.

    :ivar reason: one line for people, empty when converged.
    :ivar superseded: somebody else changed the service since: it no longer refers to what was
        expected, so there is nothing to wait for and nothing to roll back.
    """

    state: State
    reason: str = ""
    superseded: bool = False


def assess(
    service: model.Service, tasks: t.Sequence[model.Task], expected_ids: t.Collection[str]
) -> Assessment:
    """Tell how far an update is.

    :param tasks: tasks of the service read before the service itself; dead ones are ignored.
    :param expected_ids: IDs of the secrets that every task has to refer to.
    """
    if service.update_state in _FAILED_UPDATE:
        return Assessment("failed", _status_text(service))
    return _follow(service, tasks, expected_ids)


def assess_rollback(
    service: model.Service, tasks: t.Sequence[model.Task], expected_ids: t.Collection[str]
) -> Assessment:
    """Tell how far a rollback is: one by the engine, on request, or by an ordinary update.

    :param expected_ids: IDs of the secrets that every task has to refer to afterwards.
    """
    if service.update_state in _FAILED_ROLLBACK:
        return Assessment("failed", _status_text(service))
    return _follow(service, tasks, expected_ids)


def has_failed_since(before: model.Service, service: model.Service) -> bool:
    """Tell whether the engine has given an update up between two looks at a service."""
    status = (service.update_state, service.update_started)
    return service.update_state in _FAILED_UPDATE and status != (
        before.update_state,
        before.update_started,
    )


def is_settled(service: model.Service) -> bool:
    """Tell whether the engine is done with the service: no update or rollback is in progress.

    Also true for the moment between an update and the orchestrator noticing it.
    """
    return service.update_state not in _IN_PROGRESS


def unwatched_seconds(service: model.Service) -> float:
    """Return how long tasks must be seen running, 0 where the engine itself watches for failures.

    Where failed tasks do not end an update (``FailureAction`` continue, or a ``MaxFailureRatio``),
    the engine calls it completed while tasks crash again and again, and between two crashes each
    of them runs for a moment.
    """
    config = _update_config(service)
    tolerant = config.get("FailureAction") == "continue" or config.get("MaxFailureRatio")
    return monitor_seconds(service) if tolerant else 0.0


def monitor_seconds(service: model.Service) -> float:
    """Return how long the engine watches a new task before it believes in it."""
    return float(_update_config(service).get("Monitor") or _DEFAULT_MONITOR) / _SECOND


def own_seconds(service: model.Service) -> float:
    """Return how long a rollout may rest between two tasks by the service's own settings.

    The engine waits ``Delay`` after each task, watches the last one for ``Monitor``, leaves a
    container the ``StartPeriod`` of its health check, and with ``stop-first`` waits up to a minute
    for the task before to stop (swarmkit, ``manager/orchestrator/restart/restart.go``).
    """
    config = service.raw_spec.get("UpdateConfig") or {}
    container = (service.raw_spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    start = (container.get("Healthcheck") or {}).get("StartPeriod") or 0
    stop = 0
    if config.get("Order") != "start-first":
        stop = min(container.get("StopGracePeriod") or _DEFAULT_GRACE, _LONGEST_STOP)
    monitor = config.get("Monitor") or _DEFAULT_MONITOR
    # The delay passes after the last task once more before the engine calls it completed.
    return float(2 * (config.get("Delay") or 0) + monitor + start + stop) / _SECOND


def differs_only_in_secrets(template: model.RawSpec, other: model.RawSpec) -> bool:
    """Tell whether two TaskTemplates make the same tasks, save for the secrets these refer to.

    ``ForceUpdate`` only counts how often somebody had tasks replaced, and ``Runtime`` is told of
    services and not of tasks.
    """
    plain, plain_other = (
        {"TaskTemplate": {key: value for key, value in one.items() if key not in _NOT_OF_TASKS}}
        for one in (template, other)
    )
    return spec.differs_only_in_references(plain, plain_other)


def last_task_error(tasks: t.Iterable[model.Task], expected_ids: t.Collection[str]) -> str:
    """Return the newest error of a task that had one of these secrets, on one line, or ""."""
    wanted = frozenset(expected_ids)
    failed = [task for task in tasks if task.error and task.secret_ids & wanted]
    if not failed:
        return ""
    newest = max(failed, key=lambda task: _moment(task.timestamp))
    text = " ".join(newest.error.split())
    if newest.exit_code and str(newest.exit_code) not in text:
        text = f"{text} (exit code {newest.exit_code})"
    return text if len(text) <= MAX_ERROR_LENGTH else f"{text[: MAX_ERROR_LENGTH - 1]}…"


def _update_config(service: model.Service) -> model.RawSpec:
    part = "RollbackConfig" if service.went_back else "UpdateConfig"
    config: model.RawSpec = service.raw_spec.get(part) or {}
    return config


def _follow(
    service: model.Service, tasks: t.Sequence[model.Task], expected_ids: t.Collection[str]
) -> Assessment:
    expected = frozenset(expected_ids)
    if not expected <= {reference.secret_id for reference in service.references}:
        reason = "somebody else changed the service: it no longer refers to the expected secrets"
        return Assessment("failed", reason, superseded=True)
    if not is_settled(service):
        return Assessment("progressing", _status_text(service))
    live = [task for task in tasks if _is_live(task, service)]
    outdated = sum(not expected <= task.secret_ids for task in live)
    if outdated:
        return Assessment("progressing", f"{outdated} of {len(live)} tasks have other secrets")
    for task in live:
        if not task.is_up:
            return Assessment("progressing", _task_text(task))
    if service.mode == "replicated" and len(live) < (service.replicas or 0):
        return Assessment("progressing", f"{len(live)} of {service.replicas} tasks are running")
    return Assessment("converged")


def _is_live(task: model.Task, service: model.Service) -> bool:
    return task.service_id == service.id and task.is_live


def _status_text(service: model.Service) -> str:
    message = " ".join(service.update_message.split())
    return f"{service.update_state}: {message}" if message else str(service.update_state)


def _task_text(task: model.Task) -> str:
    place = f"slot {task.slot}" if task.slot else f"node {task.node_id}"
    error = f": {' '.join(task.error.split())}" if task.error else ""
    return f"task of {place} is {task.state}{error}"


def _moment(timestamp: str) -> str:
    # Go cuts trailing zeros of the fraction, and "Z" sorts after digits: without it, text sorts
    # as time does.
    return timestamp.rstrip("Z")
