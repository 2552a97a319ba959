# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plugin counts, for Prometheus."""

from __future__ import annotations

import typing as t

import prometheus_client

from .health import Health

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
#: Most answers come within milliseconds, and none takes longer than the deadline.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 8.0, 20.0)


class Metrics:
    """One of them for the process.

    :param health: what is known of Vault and of the rotation.
    """

    def __init__(self, health: Health) -> None:
        self._health = health
        self._registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self._registry)
        self._requests = prometheus_client.Counter(
            "swarmvault_requests",
            "Requests of the engine for a secret, by what came of them: vault, cache, empty, error.",
            ["outcome"],
            registry=self._registry,
        )
        for outcome in ("vault", "cache", "empty", "error"):
            self._requests.labels(outcome)
        self._seconds = prometheus_client.Histogram(
            "swarmvault_request_duration_seconds",
            "How long a request of the engine took.",
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._waiting = prometheus_client.Gauge(
            "swarmvault_requests_in_progress",
            "Requests of the engine that are not answered yet.",
            registry=self._registry,
        )
        self._vault = prometheus_client.Gauge(
            "swarmvault_vault_up",
            "Whether the last request to this Vault was answered: 1, or 0.",
            ["connection"],
            registry=self._registry,
        )
        # Where others rotate, a leader that this one does not know would look like none.
        self._rotates = health.state().rotation is not None
        self._rotated = self._gauge(
            "swarmvault_rotation_last_success_timestamp_seconds",
            "When this node last rotated without a failure.",
        )
        self._failed = self._gauge(
            "swarmvault_rotation_last_failure_timestamp_seconds",
            "When a run on this node last failed, in whole or in part.",
        )
        self._rotation_up = self._gauge(
            "swarmvault_rotation_up",
            "Whether the last rotation on this node was without a failure: 1, or 0.",
        )
        self._leads = self._gauge(
            "swarmvault_rotation_leader",
            "Whether this node is the one that rotates: 1, or 0.",
        )

    def _gauge(self, name: str, text: str) -> prometheus_client.Gauge:
        registry = self._registry if self._rotates else None
        return prometheus_client.Gauge(name, text, registry=registry)

    def waiting(self) -> t.ContextManager[None]:
        """Count a request as not answered, for as long as the block runs."""
        return self._waiting.track_inprogress()

    def answered(self, outcome: str, seconds: float) -> None:
        """Count a request that was answered.

        :param outcome: where the value came from, or ``error``.
        """
        self._requests.labels(outcome).inc()
        self._seconds.observe(seconds)

    def rendered(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        state = self._health.state()
        for name, problem in state.vaults.items():
            if problem is not None:
                self._vault.labels(name).set(0 if problem else 1)
        if state.rotation is not None:
            self._leads.set(1 if state.rotation.leads else 0)
            self._rotation_up.set(0 if state.rotation_problem else 1)
            self._rotated.set(state.rotation.last_success or 0)
            self._failed.set(state.rotation.last_failure or 0)
        return prometheus_client.generate_latest(self._registry)
