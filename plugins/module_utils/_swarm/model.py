# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Docker Engine API returns, as far as the collection looks at it: data only.

Raw documents stay raw: a service spec is edited in the form the engine gave it
(see spec.py), never rebuilt from parts.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

RawSpec = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class SwarmSecret:
    """One immutable Swarm secret, without its data, which the engine never returns.

    :param driver: name of the plugin that serves its value; None: the engine stores it.
    :param templating: driver and options of a value in which the engine fills in placeholders
        (``template_driver`` of a stack file), as the engine tells them.
    """

    id: str
    name: str
    labels: t.Mapping[str, str]
    index: int
    created_at: str
    driver: str | None = None
    templating: RawSpec | None = field(default=None, compare=False)
    raw_spec: RawSpec = field(default_factory=dict, repr=False, compare=False)


class Reference(t.NamedTuple):
    """One entry of a service's ``TaskTemplate.ContainerSpec.Secrets``."""

    secret_id: str
    secret_name: str
    target: str


@dataclass(frozen=True)
class Service:
    """One service. ``mode`` is replicated, global, replicated-job or global-job."""

    id: str
    name: str
    index: int
    mode: str
    replicas: int | None
    labels: t.Mapping[str, str]
    references: tuple[Reference, ...]
    previous_references: tuple[Reference, ...]
    update_state: str | None
    update_message: str
    update_started: str
    raw_spec: RawSpec = field(repr=False, compare=False)
    raw_previous_spec: RawSpec | None = field(default=None, repr=False, compare=False)

    @property
    def is_job(self) -> bool:
        """An update of a job re-runs it, so the collection never updates one."""
        return self.mode.endswith("-job")

    @property
    def went_back(self) -> bool:
        """Whether its last update was, or is being, rolled back, by whomever."""
        return (self.update_state or "").startswith("rollback")


_ENDED = frozenset(("complete", "shutdown", "failed", "rejected", "remove", "orphaned"))
_RAN = ("non-zero exit", "unhealthy")
_BEFORE_START = frozenset(
    (
        "new",
        "pending",
        "assigned",
        "accepted",
        "preparing",
        "ready",
        "starting",
        "failed",
        "rejected",
    )
)

#: Desired states of a task that is meant to run.
LIVE = ("running", "ready")


@dataclass(frozen=True)
class Task:
    """One task of a service."""

    id: str
    service_id: str
    slot: str
    node_id: str
    state: str
    desired_state: str
    error: str
    secret_ids: frozenset[str]
    created_at: str
    timestamp: str
    exit_code: int | None = None
    #: A container was made for it.
    has_container: bool = False
    #: What it was made from: the service's TaskTemplate at that time.
    template: RawSpec = field(default_factory=dict, repr=False, compare=False)

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more and never will (TaskState in swarmkit's api/types.proto)."""
        return self.state in _ENDED

    @property
    def is_live(self) -> bool:
        """Whether it is meant to run: ``ready`` is one that starts once its predecessor is gone."""
        return self.desired_state in LIVE

    @property
    def is_up(self) -> bool:
        """Whether it is meant to run, and does."""
        return self.state == "running" and self.desired_state == "running"

    @property
    def ended_by_itself(self) -> bool:
        """Whether its container was started, and then ended although nobody had asked it to.

        The words are those of moby's ``daemon/cluster/executor/container`` (exitError and
        ErrContainerUnhealthy). Everything else that fails a task keeps its container from being
        started: no image, no port, no network, no program.
        """
        if self.state == "complete":
            return True
        return self.state == "failed" and any(words in self.error for words in _RAN)

    @property
    def has_run(self) -> bool:
        """Whether its container was started, as far as is known.

        One that was asked to stop before that has the same state as one that was stopped later.
        """
        stopped = self.state in ("shutdown", "remove", "orphaned") and self.has_container
        return self.state == "running" or stopped or self.ended_by_itself

    @property
    def never_ran(self) -> bool:
        """Whether its container could not be started so far, for a reason that is told."""
        return self.state in _BEFORE_START and bool(self.error) and not self.ended_by_itself

    @property
    def place(self) -> str:
        """What it fills: a slot of a replicated service, a node of a global one."""
        return self.slot or self.node_id
