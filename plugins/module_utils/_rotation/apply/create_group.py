# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the versions of secrets that were filled from one read, so that they stay together.

Two runs that renew one set at once each hold a whole set, of which only one may come to be. The
run that makes the first version, in the order of names, goes on; the other takes over all of its.
"""

from __future__ import annotations

import contextlib
import time
import typing as t

from ..._common.errors import DockerError
from ..versions import LogicalSecret, group_versions
from .create import create_or_find
from .spec_edits import Target

if t.TYPE_CHECKING:
    from ..._common.secret_value import SecretValue
    from ..._swarm.client import SwarmClient
    from ..plan.model import NewVersion

_POLL_INTERVAL = 0.25
#: Seconds that the other run has for the rest of its set: a few calls to the engine.
_PATIENCE = 30.0


class CreatedGroup(t.NamedTuple):
    """The versions of one set.

    :param targets: the version to move consumers to, by logical name.
    :param taken_over: another run made them.
    """

    targets: dict[str, Target]
    taken_over: bool = False


def create_group(
    swarm: SwarmClient, versions: t.Sequence[NewVersion], hash_key: SecretValue | None
) -> CreatedGroup:
    """Create versions, or take over those of another run.

    :raises DockerError: the engine refused, or the other run did not go on.
    """
    if not versions:
        return CreatedGroup({})
    first, *others = sorted(versions, key=lambda version: version.logical)
    made = create_or_find(swarm, first, hash_key)
    targets = {first.logical: made.target}
    if (
        made.concurrent_version is not None
        and made.concurrent_version.validity
        and made.concurrent_version.validity.issuance_id
    ):
        awaited = [version.logical for version in others]
        return CreatedGroup(
            {**targets, **_await(swarm, awaited, made.concurrent_version.validity.issuance_id)},
            taken_over=True,
        )
    ours = [] if made.concurrent_version else [made.target]
    try:
        for version in others:
            made = create_or_find(swarm, version, hash_key, prefer_existing=False)
            targets[version.logical] = made.target
            ours += [] if made.concurrent_version else [made.target]
    except DockerError:
        _remove(swarm, ours)
        raise
    return CreatedGroup(targets)


def _remove(swarm: SwarmClient, targets: t.Iterable[Target]) -> None:
    """Remove the half of a set, which nobody uses yet; one that stays, the next run finds."""
    for target in targets:
        with contextlib.suppress(DockerError):
            swarm.remove_secret(target.secret_id)


def _await(swarm: SwarmClient, names: t.Sequence[str], issue: str) -> dict[str, Target]:
    """Wait for the versions of these secrets that another run makes from one read."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        logical = group_versions(swarm.secrets())
        found = {
            name: Target(version.secret.id, version.secret.name)
            for name in names
            for version in logical.get(name, LogicalSecret(name)).managed
            if version.validity and version.validity.issuance_id == issue
        }
        if len(found) == len(names):
            return found
        if time.monotonic() > deadline:
            missing = ", ".join(name for name in names if name not in found)
            raise DockerError(
                f"Another run began to renew this at the same time, but made no version of"
                f" {missing} within {_PATIENCE:g} s.",
                "Run again: what is left over is then renewed anew.",
            )
        time.sleep(_POLL_INTERVAL)
