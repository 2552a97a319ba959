# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends leases at the end of a run: those that were replaced, rejected, or taken for nothing."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .. import labels as secret_labels
from .. import leases as leasing
from . import outcome
from .stopping import wait_for_tasks_to_stop

if t.TYPE_CHECKING:
    from .. import request
    from .. import versions as versioning
    from ..observe import state
    from ..plan import model
    from . import result as results
    from . import tools as toolbox


@dataclass(frozen=True)
class LeaseEnd:
    """Ends the leases that nobody needs any more."""

    plan: model.Plan
    options: request.Options
    tools: toolbox.Tools
    result: results.ApplyResult

    def run(
        self, fresh: state.SwarmState, retiring: t.Collection[versioning.Version]
    ) -> t.Container[str]:
        """Do so, and return the ids of the secrets whose lease lives on although it was spent.

        :param fresh: what is in Swarm, now that the consumers have moved.
        :param retiring: the versions that are about to be removed, and need no mark.
        :raises DockerError: the engine was lost; the next run does the rest.
        """
        now = self.tools.clock.now()
        spent = leasing.spent_leases(fresh, self._current(fresh), fresh.referenced_ids(), now)
        stopping = self._stopping(spent, fresh)
        drained = {key: versions for key, versions in spent.items() if key not in stopping}
        ended = leasing.end_leases(drained, self.tools.reader)
        self.result.revoked += ended.done
        self.result.changed = self.result.changed or bool(ended.done)
        alive = dict(ended.failed)
        for version in _all(stopping):
            alive[version.secret.id] = "a task that has it is still stopping"
        for version in _all(spent):
            if version.secret.id in alive:
                reason = alive[version.secret.id]
                self.result.warnings.append(
                    f"The lease of {version.secret.name} lives on, a next run will end it: {reason}"
                )
            elif version not in retiring:
                leasing.mark_revoked(version, self.tools.swarm, now)
        self._end_unclaimed(fresh)
        return alive

    def _current(self, fresh: state.SwarmState) -> dict[str, str | None]:
        """Return what consumers run, by logical name, where no task may run anything else."""
        moving = {
            name
            for item in self.result.outcomes
            if item.state in outcome.UNSETTLED
            or item.mixed
            or (item.state in outcome.SENT_BACK and not self.options.wait)
            for name in item.secrets
        }
        current: dict[str, str | None] = {}
        for secret in self.plan.secrets:
            if secret.frozen or secret.name in self.plan.unfinished:
                continue
            if moving & {secret.name, *secret.group}:
                continue
            newest = fresh.secret(secret.name).newest
            current[secret.name] = newest.secret.id if newest else None
        return current

    def _stopping(self, spent: leasing.Leases, fresh: state.SwarmState) -> leasing.Leases:
        """Return the leases whose values a task still has, even if it is only stopping."""
        if not spent:
            return {}
        secret_ids = {version.secret.id for version in _all(spent)}
        moved = {consumer.service.id for consumer in self.plan.consumers}
        services = [
            service
            for service in fresh.services
            if service.id in moved
            or any(item.secret_id in secret_ids for item in service.previous_references)
        ]
        patience = self.options.wait_timeout if self.options.wait else 0.0
        used = wait_for_tasks_to_stop(self.tools, services, secret_ids, patience)
        return {
            lease_id: versions
            for lease_id, versions in spent.items()
            if any(version.secret.id in used for version in versions)
        }

    def _end_unclaimed(self, fresh: state.SwarmState) -> None:
        """End the leases of this run that no version came to carry."""
        carried = {secret.labels.get(secret_labels.LEASE_ID) for secret in fresh.secrets}
        unclaimed = [
            lease_id for lease_id in self.tools.reader.held_leases() if lease_id not in carried
        ]
        for lease_id, error in leasing.revoke(unclaimed, self.tools.reader).items():
            if error is not None:
                self.result.warnings.append(f"The unused lease {lease_id} lives on: {error}")


def _all(leases: leasing.Leases) -> t.Iterator[versioning.Version]:
    return (version for versions in leases.values() for version in versions)
