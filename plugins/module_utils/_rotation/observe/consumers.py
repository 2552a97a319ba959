# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run has seen of the services that use its secrets, before it touches any: pure.

Their tasks tell what spec and update status do not: whether a service was in trouble before, whether
its tasks end by design, and which of them ever ran with a value.
"""

from __future__ import annotations

import typing as t

from .. import groups

if t.TYPE_CHECKING:
    from ..._swarm import model
    from .. import versions as versioning
    from . import state as states

_ENDS_BY_DESIGN = ("none", "on-failure")
# What swarm-cronjob starts is to end, even if it runs just now (crazymax.dev/swarm-cronjob).
_CRONJOB = "swarm.cronjob.enable"


class Consumer(t.NamedTuple):
    """A service and its tasks at one moment.

    :param tasks: those it is to run, and those that the engine remembers.
    :param looked: whether the tasks were asked for at all.
    """

    service: model.Service
    tasks: tuple[model.Task, ...] = ()
    looked: bool = True

    @classmethod
    def of(cls, service: model.Service, state: states.SwarmState) -> Consumer:
        """Return what is known of a service."""
        tasks = state.tasks.get(service.id)
        return cls(service, tasks or (), tasks is not None)

    @property
    def up(self) -> int:
        """How many of its tasks run."""
        return sum(task.is_up for task in self.tasks)

    @property
    def wanted(self) -> int:
        """How many tasks it is to run; of a global service, what the engine has made."""
        live = sum(task.is_live for task in self.tasks)
        return max(live, self.service.replicas or 0)

    @property
    def is_broken(self) -> bool:
        """Whether it is to run tasks, and has failed to run any."""
        failed = any(task.ended_by_itself or task.never_ran for task in self.tasks)
        return failed and self.wanted > 0 and self.up == 0

    @property
    def is_one_shot(self) -> bool:
        """Whether its task is to run once and end: an update would run it again.

        As a job does, but spelled as a replicated service: a migration, or what a scheduler in the
        cluster starts from time to time. A service that is to be restarted only on failure may
        also be a daemon, so how its tasks ended decides: what is asked to stop does not count as
        complete.
        """
        template = self.service.raw_spec.get("TaskTemplate") or {}
        condition = (template.get("RestartPolicy") or {}).get("Condition")
        if condition not in _ENDS_BY_DESIGN:
            return False
        if self.service.labels.get(_CRONJOB, "").lower() == "true":
            return True
        return any(task.state == "complete" for task in self.tasks)

    def has_converged(self, secret_ids: t.Collection[str]) -> bool:
        """Tell whether every task runs with these secrets, and nothing is under way.

        Once the engine has completed the update that brought them, a later gap says nothing of
        them: a node that is lost, a task that is started anew.
        """
        if not self.looked:
            return False
        from ..._swarm import convergence

        if convergence.unwatched_seconds(self.service):
            return False  # with the latter, "completed" does not say that tasks keep running
        held = {reference.secret_id for reference in self.service.references}
        if self.service.update_state == "completed" and held.issuperset(secret_ids):
            return all(task.secret_ids.issuperset(secret_ids) for task in self.tasks if task.is_up)
        return convergence.assess(self.service, self.tasks, secret_ids).state == "converged"


def maybe_rejected_by(names: t.Iterable[str], state: states.SwarmState) -> frozenset[str]:
    """Return the ids of the services that went back, perhaps from a version of these secrets."""
    suspects = _suspects(names, state)
    return frozenset(service.id for service, _version in suspects)


def find_rejected(names: t.Iterable[str], state: states.SwarmState) -> dict[str, str]:
    """Find pending versions that a consumer rejected while no run was there to note it.

    The sign is a rollback of a consumer that runs an earlier version, started after the version was
    made, unless its tasks say that it was about something else. Returns secret ids with the names
    of these consumers.
    """
    names = tuple(names)
    found: dict[str, list[str]] = {}
    for service, guilty in _guilty(names, state):
        # Which of several it was is not known: they are tried singly.
        for version in guilty if _are_one_group(guilty) else ():
            services = found.setdefault(version.secret.id, [])
            services += [] if service.name in services else [service.name]
    rejected_by = {secret_id: ", ".join(services) for secret_id, services in found.items()}
    pending = [version.logical for version in _pending(names, state).values()]
    return {**groups.rejected_with(state, pending, rejected_by), **rejected_by}


def to_be_tried_singly(names: t.Iterable[str], state: states.SwarmState) -> frozenset[str]:
    """Return the ids of services that rejected several values at once, and no run told which."""
    return frozenset(
        service.id for service, guilty in _guilty(names, state) if not _are_one_group(guilty)
    )


def _pending(names: t.Iterable[str], state: states.SwarmState) -> dict[str, versioning.Version]:
    newest = [version for name in names for version in [state.secret(name).newest] if version]
    done = groups.converged_groups(newest)
    return {
        version.logical: version
        for version in newest
        if version.is_pending and version.group not in done
    }


def _suspects(
    names: t.Iterable[str], state: states.SwarmState
) -> list[tuple[model.Service, versioning.Version]]:
    pending = _pending(names, state)
    found: dict[tuple[str, str], tuple[model.Service, versioning.Version]] = {}
    for service in state.services:
        if not (pending and service.went_back):
            continue
        for _first, version in state.versions_in(service.references):
            suspect = pending.get(version.logical)
            if suspect and _went_back(service, suspect):
                found[service.id, suspect.secret.id] = (service, suspect)
    return list(found.values())


def _by_service(
    suspects: t.Iterable[tuple[model.Service, versioning.Version]],
) -> list[tuple[model.Service, list[versioning.Version]]]:
    found: dict[str, tuple[model.Service, list[versioning.Version]]] = {}
    for service, version in suspects:
        found.setdefault(service.id, (service, []))[1].append(version)
    return list(found.values())


def _went_back(service: model.Service, suspect: versioning.Version) -> bool:
    """Tell whether a rolled back service may have been rolled back from this version.

    A rollback on request leaves what it went back from as the spec before; one by the engine
    leaves none. A spec before without the version clears it: that was about something else.
    """
    after = _moment(service.update_started) >= _moment(suspect.secret.created_at)
    runs = any(item.secret_id == suspect.secret.id for item in service.references)
    ran = any(item.secret_id == suspect.secret.id for item in service.previous_references)
    return after and not runs and (ran or service.raw_previous_spec is None)


def _guilty(
    names: t.Iterable[str], state: states.SwarmState
) -> t.Iterator[tuple[model.Service, t.Sequence[versioning.Version]]]:
    """Pair each service with the versions that it may have rejected, by what is known."""
    for service, versions in _by_service(_suspects(names, state)):
        yield service, [one for one in versions if _has_rejected(service, one, state)]


def _are_one_group(versions: t.Iterable[versioning.Version]) -> bool:
    return len({version.group or version.secret.id for version in versions}) <= 1


def _has_rejected(
    service: model.Service, suspect: versioning.Version, state: states.SwarmState
) -> bool:
    """Ask the tasks what they ran with.

    :param state: one whose tasks were looked at; else the update status has the only word.
    """
    tasks = state.tasks.get(service.id)
    if tasks is None:
        return True
    had_it = [task for task in tasks if suspect.secret.id in task.secret_ids]
    if not had_it:
        # The engine forgets what it rolled back from; what somebody went back from it does not. They
        # may have done so because tasks cannot start at all.
        cannot_start = any(task.never_ran for task in tasks)
        return service.raw_previous_spec is not None and not cannot_start
    from ..._swarm import convergence

    template = service.raw_spec.get("TaskTemplate") or {}
    ended = [task for task in had_it if task.ended_by_itself]
    if any(convergence.differs_only_in_secrets(template, task.template) for task in ended):
        return True
    if service.raw_previous_spec is None:
        return False  # the engine went back, though none had failed: a node may have been drained
    # One that was asked to stop while it started looks like one that ran: where others could not
    # start at all, it says nothing.
    started = any(task.has_run for task in had_it)
    return started and not ended and not any(task.never_ran for task in had_it)


def _moment(timestamp: str) -> str:
    # The engine cuts trailing zeros of the fraction; without the "Z" text sorts as time does.
    return timestamp.rstrip("Z")
