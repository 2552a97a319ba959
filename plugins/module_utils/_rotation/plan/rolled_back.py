# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for ``state: rolled_back``: consumers go back to the version before. Pure."""

from __future__ import annotations

import typing as t

from ..._common import errors
from .. import groups
from .. import labels as secret_labels
from . import model, retirement, services

if t.TYPE_CHECKING:
    from .. import request, versions
    from ..observe import state


def plan_rolled_back(observation: state.Observation, options: request.Options) -> model.Plan:
    """Make the plan.

    It is a state, not a step: where the newest version was rolled back already, the secret is
    rolled back, and a second run, or one after a killed one, goes no further back. A version that
    was quarantined since it failed is not what consumers run, so they go back from the one before.

    Of secrets that one read fills, those go back that were changed last: the others stay, since
    they go with what these come back to.

    :raises InputError: a secret has no version to go back to, or was changed together with one
        that is not listed; names all of them.
    """
    planner = _Planner(observation)
    plans = {}
    problems = []
    for secret in observation.secrets:
        plan = planner.plan(secret.versions, secret.request.from_version)
        if isinstance(plan, str):
            problems.append(plan)
        else:
            plans[secret.name] = plan._replace(siblings=planner.siblings(secret.versions))
    errors.raise_problems(problems)
    consumers = services.plan_consumers(observation.state, plans, force=options.force)
    # The version left behind records the quarantine, so nothing is retired.
    unfinished = retirement.unfinished_secrets(consumers, wait=options.wait)
    return model.Plan(tuple(plans.values()), consumers, (), unfinished=unfinished)


class _Planner:
    """Plans one secret after the other.

    :param observation: what the run has seen.
    """

    def __init__(self, observation: state.Observation) -> None:
        self._now = observation.now
        self._names = groups.names_by_group(observation.state)
        self._listed = {secret.name for secret in observation.secrets}
        self._running = observation.state.referenced_ids()
        #: The newest version to go back from, of all that one read fills.
        self._changed_last: dict[t.Hashable, versions.Version] = {}
        self._read_with: dict[t.Hashable, list[str]] = {}
        for secret in observation.secrets:
            last = self._last(secret.versions)
            read = secret_labels.read_of(last.secret.labels) if last else ()
            if last is None or not read:
                continue
            self._read_with.setdefault(read, []).append(secret.name)
            other = self._changed_last.get(read)
            if other is None or last.secret.created_at > other.secret.created_at:
                self._changed_last[read] = last

    def siblings(self, logical: versions.LogicalSecret) -> tuple[str, ...]:
        """Return the secrets that one read fills together with one, itself included."""
        last = self._last(logical)
        read = secret_labels.read_of(last.secret.labels) if last else ()
        return tuple(self._read_with.get(read, ())) if read else (logical.name,)

    def plan(
        self, logical: versions.LogicalSecret, from_version: str | None = None
    ) -> model.SecretPlan | str:
        """Plan one secret; a text tells why that cannot be.

        :param from_version: what to go back from, and from nothing else; None: from the last.
        """
        last = self._last(logical)
        if last is None:
            return f"{logical.name}: there is no version of it in this Swarm"
        if from_version not in (None, last.secret.name):
            return self._stays(
                logical, last, f"services have been left at it already, not at {from_version}"
            )
        changed = self._changed_last.get(secret_labels.read_of(last.secret.labels), last)
        if None not in (changed.group, last.group) and changed.group != last.group:
            reason = f"it was not changed together with {changed.secret.name}"
            return self._stays(logical, last, reason)
        missing = [
            name for name in self._names.get(last.group or "", ()) if name not in self._listed
        ]
        if missing:
            return (
                f"{logical.name}: {last.secret.name} was made together with versions of"
                f" {' and '.join(missing)}, which would not go with the one before: list all of them"
            )
        target = logical.before(last.number)
        if target is None or (target.validity and target.validity.expires <= self._now):
            return _problem(logical, last)
        return self._back(logical, last, target)

    def _stays(
        self, logical: versions.LogicalSecret, last: versions.Version, reason: str
    ) -> model.SecretPlan:
        return model.SecretPlan(
            logical.name,
            model.SecretAction.UNCHANGED,
            f"{last.secret.name} stays: {reason}",
            current=last,
            previous=logical.before(last.number),
            source_version=last.source_version,
            frozen=True,
        )

    def _back(
        self, logical: versions.LogicalSecret, last: versions.Version, target: versions.Version
    ) -> model.SecretPlan:
        relabels: list[model.Relabel] = []
        if not last.is_quarantined or self._runs_failed(last):
            # Oldest first: a run that is killed between them must not look like one that went
            # back from the newest.
            relabels = [
                model.Relabel(version.secret, secret_labels.rolled_back(version.secret.labels))
                for version in logical.managed
                if version.number >= last.number and not _on_demand(version)
            ]
        already = "" if relabels else " already"
        return model.SecretPlan(
            logical.name,
            model.SecretAction.ROLLED_BACK if relabels else model.SecretAction.UNCHANGED,
            f"{last.secret.name} is quarantined{already or ', as asked for'}",
            current=target,
            relabels=tuple(relabels),
            previous=logical.before(target.number),
            source_version=target.source_version,
        )

    def _last(self, logical: versions.LogicalSecret) -> versions.Version | None:
        """Return the version to go back from: the newest that consumers have been left at."""
        for version in reversed(logical.managed):
            failed = secret_labels.failed_by_itself(version.secret.labels)
            if not failed or self._runs_failed(version):
                return version
        return logical.managed[-1] if logical.managed else None

    def _runs_failed(self, version: versions.Version) -> bool:
        """Tell whether a consumer still runs this version although it failed."""
        failed = secret_labels.failed_by_itself(version.secret.labels)
        return failed and version.secret.id in self._running


def _on_demand(version: versions.Version) -> bool:
    labels = version.secret.labels
    return version.is_quarantined and not secret_labels.failed_by_itself(labels)


def _problem(logical: versions.LogicalSecret, last: versions.Version) -> str:
    before = [version for version in logical.managed if version.number < last.number]
    ended = [version.secret.name for version in before if version.validity]
    if ended:
        return (
            f"{logical.name}: {ended[-1]} cannot be gone back to, as its credentials or certificate"
            f" have ended: use state present with force, which gets new ones"
        )
    return (
        f"{logical.name}: {last.secret.name} is the only version, there is none before it to go"
        f" back to"
    )
