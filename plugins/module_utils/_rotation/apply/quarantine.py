# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes on versions which consumers they failed on."""

from __future__ import annotations

import functools
import typing as t

from ..._common import errors
from .. import labels as secret_labels
from .. import versions

if t.TYPE_CHECKING:
    from ..._swarm import client
    from ..plan import model
    from . import result as results


class Quarantine:
    """Rejects what failed on a consumer, together with what only works with it."""

    def __init__(
        self, swarm: client.SwarmClient, plan: model.Plan, result: results.ApplyResult
    ) -> None:
        self._swarm = swarm
        self._result = result
        self._groups = {secret.name: secret.group for secret in plan.secrets}

    def goes_with(self, logical: str) -> t.Sequence[str]:
        """Return the logical secrets that only work together with this one, itself included."""
        return self._groups.get(logical) or (logical,)

    def note(self, logical: str, consumer: str) -> None:
        """Quarantine what consumers were to run of a logical secret."""
        reason = f"rollout failed on {consumer}"
        self._result.failed_secrets.setdefault(logical, reason)
        target = self._result.targets.get(logical)
        try:
            secrets = {secret.id: secret for secret in self._swarm.secrets()}
            secret = secrets.get(target.secret_id) if target else None
            if secret is not None and versions.managed_version(secret) is not None:
                failed = functools.partial(secret_labels.with_failure, service=consumer)
                if self._swarm.update_secret_labels(secret, failed):
                    self._result.changed = True
        except errors.DockerError as error:
            # The consumer's way back matters more; the next run finds the rollback by itself.
            self._result.warnings.append(f"{logical} could not be quarantined: {error}")
