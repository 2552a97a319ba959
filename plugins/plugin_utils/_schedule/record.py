# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a schedule on one manager after a run of it, for Prometheus. Pure.

Counters go on from run to run, so what was known after the run before is where the next one begins.
Times are in seconds since 1970.
"""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from ansible_collections.swarmvault.secrets.plugins.module_utils._common import times
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import events

#: The return values of ``swarm_secret_rotate``.
Result = t.Mapping[str, t.Any]

#: Actions after which it is not known what the source of a secret holds.
_NOT_COMPARED = ("failed", "kept")
_CONVERGED = ("converged", "degraded")
#: States of a service that the run left to somebody else, or for good.
_NOT_JUDGED = ("gone", "superseded", "skipped")


@dataclass(frozen=True)
class Secret:
    """What is known of a logical secret.

    :param verified: when it was last compared with its source; 0: never.
    :param in_step: whether its services are to run what the source holds.
    :param source_version: the version that Vault holds; None: it has no versions.
    :param running_version: the version of the value that services are to run.
    :param expires: when the value ends; None: it does not.
    :param renews: from when on a run renews it.
    """

    verified: float = 0
    in_step: float = 0
    source_version: float | None = None
    running_version: float | None = None
    expires: float | None = None
    renews: float | None = None


@dataclass(frozen=True)
class Record:
    """What is known after a run.

    :param leads: whether the node is the one that rotates. Of the secrets and services, only that
        one knows anything.
    :param up: whether the last run was without a failure.
    :param last_run: when one last ended.
    :param last_success: when this node last rotated without a failure; 0: never.
    :param last_failure: when a run last failed; 0: never.
    :param services: whether those that the last run had something to do with have converged.
    :param secret_outcomes: how often something came of a secret, by what it was.
    :param service_outcomes: how often something came of a service, by its state.
    """

    leads: float = 0
    up: float = 0
    last_run: float = 0
    last_success: float = 0
    last_failure: float = 0
    runs: float = 0
    failures: float = 0
    secrets: t.Mapping[str, Secret] = field(default_factory=dict)
    services: t.Mapping[str, float] = field(default_factory=dict)
    secret_outcomes: t.Mapping[str, float] = field(default_factory=dict)
    service_outcomes: t.Mapping[str, float] = field(default_factory=dict)


@dataclass
class Run:
    """What happened in one run of the playbook.

    :param leads: whether the node leads; None: nobody asked.
    :param results: of the module, in the order of its tasks.
    :param failed: whether the run ended badly.
    """

    leads: bool | None = None
    results: list[Result] = field(default_factory=list)
    failed: bool = False

    @property
    def acted(self) -> bool:
        """Whether it was this node's turn."""
        return bool(self.results) or bool(self.leads)

    @property
    def is_good(self) -> bool:
        """Whether nothing was left undone, for whatever reason."""
        return not self.failed and not any(events.problem_of(result, "") for result in self.results)


def after(before: Record, run: Run, now: float) -> Record:
    """Return what is known once a run has ended.

    :param before: what was known after the run before.
    """
    good = run.is_good
    outcomes, states = Counter(before.secret_outcomes), Counter(before.service_outcomes)
    for result in run.results:
        outcomes.update(one["action"] for one in result["secrets"])
        states.update(one["state"] for one in result["services"])
    outcomes.pop("unchanged", None)
    return dataclasses.replace(
        before,
        leads=float(run.acted),
        up=float(good),
        last_run=now,
        last_success=now if good and run.acted else before.last_success,
        last_failure=before.last_failure if good else now,
        runs=before.runs + 1,
        failures=before.failures + (not good),
        secrets=_secrets(before, run, now) if run.acted else {},
        services=_services(before, run) if run.acted else {},
        secret_outcomes=dict(outcomes),
        service_outcomes=dict(states),
    )


def _secrets(before: Record, run: Run, now: float) -> dict[str, Secret]:
    if not run.results:
        return dict(before.secrets)  # it ended before it got that far
    told = {one["name"]: one for result in run.results for one in result["secrets"]}
    return {
        name: _secret(before.secrets.get(name, Secret()), one, now)
        for name, one in told.items()
        if one["action"] != "removed"
    }


def _secret(before: Secret, told: Result, now: float) -> Secret:
    compared = told["action"] not in _NOT_COMPARED
    offered, running = told["offered_version"], told["source_version"]
    return Secret(
        verified=now if compared else before.verified,
        in_step=float(told["action"] not in events.IN_TROUBLE),
        source_version=offered if compared else before.source_version,
        running_version=running if compared else before.running_version,
        expires=_seconds(told["expires"]),
        renews=_seconds(told["renews"]),
    )


def _services(before: Record, run: Run) -> dict[str, float]:
    if not run.results:
        return dict(before.services)
    told = {one["name"]: one["state"] for result in run.results for one in result["services"]}
    return {
        name: float(state in _CONVERGED) for name, state in told.items() if state not in _NOT_JUDGED
    }


def _seconds(text: str | None) -> float | None:
    return times.parse_time(text).timestamp() if text else None
