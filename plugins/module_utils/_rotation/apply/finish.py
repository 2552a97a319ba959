# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a run: promote what converged, revoke leases and retire versions nothing needs."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._common import errors
from .. import labels as secret_labels
from ..observe import state
from ..plan import retirement
from . import leases, outcome

if t.TYPE_CHECKING:
    from ..._swarm import model as swarm_model
    from .. import request, versions
    from ..plan import model as plan_model
    from . import result as results
    from . import tools as toolbox

#: Outcomes after which the version before is not needed by that consumer any more.
_DONE = (
    outcome.ServiceState.CONVERGED,
    outcome.ServiceState.DEGRADED,
    outcome.ServiceState.SKIPPED,
    outcome.ServiceState.GONE,
)
#: Outcomes of a consumer that runs all but what it names.
_PARTLY = (outcome.ServiceState.BLOCKED, outcome.ServiceState.ROLLED_BACK)


@dataclass(frozen=True)
class Finish:
    """Ends a run whose consumers have moved, or not."""

    plan: plan_model.Plan
    options: request.Options
    tools: toolbox.Tools
    result: results.ApplyResult

    def run(self) -> None:
        """Do what is left.

        :raises DockerError: the engine was lost on the way; the next run does the rest.
        """
        wanted = self._converged()
        old = {version.logical for version in self.plan.retire}
        finishing = bool(old) or any(secret.promote for secret in wanted)
        if not (finishing or self.plan.revoke or self.tools.reader.held_leases()):
            return
        # Read anew: what services run and may roll back to has changed, not only through us.
        fresh = state.SwarmState.of(self.tools.swarm.secrets(), self.tools.swarm.services())
        secrets = {secret.id: secret for secret in fresh.secrets}
        for secret in wanted:
            target = secrets.get(self.result.targets[secret.name].secret_id)
            if target is None:
                continue
            if secret.promote and self.tools.swarm.update_secret_labels(
                target, secret_labels.promoted
            ):
                self.result.changed = True
        used = fresh.used_ids()
        retiring = [
            *self._retiring(wanted, old, fresh, used),
            *self._forgetting(wanted, old, fresh, used),
        ]
        # Leases first: with the version, the knowledge of its lease would be gone.
        end = leases.LeaseEnd(self.plan, self.options, self.tools, self.result)
        alive = end.run(fresh, retiring)
        for version in retiring:
            if version.secret.id not in alive:
                self._retire(version.secret)

    def _converged(self) -> list[plan_model.SecretPlan]:
        """Return the logical secrets that every consumer of theirs runs."""
        names = {secret.name for secret in self.plan.secrets if secret.name in self.result.targets}
        for item in self.result.outcomes:
            if item.state in _PARTLY and item.left_out:
                names -= set(item.left_out)  # it runs the others
            elif item.state not in _DONE or item.mixed:
                names -= set(item.secrets)
        names -= set(self.result.failed_secrets)
        names -= self.plan.unfinished
        # Of a group, all or none: a run that is killed between two of them then leaves no doubt.
        for secret in self.plan.secrets:
            if secret.group and not names.issuperset(secret.group):
                names -= set(secret.group)
        return [one for one in self.plan.secrets if one.name in names and not one.frozen]

    def _retiring(
        self,
        wanted: t.Sequence[plan_model.SecretPlan],
        old: t.Container[str],
        fresh: state.SwarmState,
        used: t.Container[str],
    ) -> t.Iterator[versions.Version]:
        for secret in wanted:
            current = fresh.by_secret_id.get(self.result.targets[secret.name].secret_id)
            if current is None or current.is_quarantined:
                continue  # another run has just rejected it: what came before is needed
            if current.is_original or secret.promote or secret.name in old:
                logical = fresh.secret(secret.name)
                yield from retirement.superseded(
                    logical, current.number, self.options.keep_versions, used
                )

    def _forgetting(
        self,
        wanted: t.Container[plan_model.SecretPlan],
        old: t.Container[str],
        fresh: state.SwarmState,
        used: t.Container[str],
    ) -> t.Iterator[versions.Version]:
        """Yield what older rejected values left, of secrets whose new value failed as well."""
        for secret in self.plan.secrets:
            if secret.name in old and secret not in wanted:
                yield from retirement.forgettable(fresh.secret(secret.name), used)

    def _retire(self, secret: swarm_model.SwarmSecret) -> None:
        try:
            self.tools.swarm.remove_secret(secret.id)
        except errors.InUseError:
            self.result.warnings.append(
                f"{secret.name} was kept: a service began to use it meanwhile"
            )
        except errors.DockerError as error:
            self.result.warnings.append(f"{secret.name} was not retired, a next run will: {error}")
        else:
            self.result.changed = True
            self.result.retired.append(secret.name)
