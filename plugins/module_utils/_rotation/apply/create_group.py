# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the versions of secrets that are changed together, so that they stay together.

Two runs that renew one group at once each hold a whole one, of which only one may come to be. The
run that makes the first version, in the order of names, goes on; the other takes over all of its.
Where the source moved on between them, all of what is newer is taken over, or nothing.
"""

from __future__ import annotations

import contextlib
import typing as t

from ..._common import errors
from .. import labels as secret_labels
from .. import versions as versioning
from . import create, spec_edits

if t.TYPE_CHECKING:
    from ..._common import clock as clocks
    from ..._common import secret_value
    from ..._swarm import client
    from ..plan import model

_POLL_INTERVAL = 0.25
#: Seconds that the other run has for the rest of its set: a few calls to the engine.
_PATIENCE = 30.0


class CreatedGroup(t.NamedTuple):
    """The versions of one group.

    :param targets: the version to move consumers to, by logical name.
    :param taken_over: another run made them.
    """

    targets: dict[str, spec_edits.Target]
    taken_over: bool = False


def create_group(
    swarm: client.SwarmClient,
    versions: t.Sequence[model.NewVersion],
    hash_key: secret_value.SecretValue | None,
    clock: clocks.Clock,
) -> CreatedGroup:
    """Create versions, or take over those of another run.

    :raises DockerError: the engine refused, or the other run did not go on.
    """
    if not versions:
        return CreatedGroup({})
    ordered = sorted(versions, key=lambda version: version.logical)
    targets: dict[str, spec_edits.Target] = {}
    ours: list[spec_edits.Target] = []
    try:
        for version in ordered:
            first = not targets
            made = create.create_or_find(swarm, version, hash_key, prefer_existing=first)
            other = made.concurrent_version
            if other is None:
                ours.append(made.target)
            elif create.is_newer(other, version.labels) or (first and _issued(other)):
                _remove(swarm, ours)
                awaited = [one for one in ordered if one is not version]
                theirs = _await(swarm, awaited, other, clock)
                return CreatedGroup({version.logical: made.target, **theirs}, taken_over=True)
            targets[version.logical] = made.target
    except errors.DockerError:
        _remove(swarm, ours)
        raise
    return CreatedGroup(targets)


def _issued(version: versioning.Version) -> str | None:
    return version.validity.issuance_id if version.validity else None


def _remove(swarm: client.SwarmClient, targets: t.Iterable[spec_edits.Target]) -> None:
    """Remove the half of a group, which nobody uses yet; one that stays, the next run finds."""
    for target in targets:
        with contextlib.suppress(errors.DockerError):
            swarm.remove_secret(target.secret_id)


def _await(
    swarm: client.SwarmClient,
    awaited: t.Sequence[model.NewVersion],
    other: versioning.Version,
    clock: clocks.Clock,
) -> dict[str, spec_edits.Target]:
    """Wait for what another run makes of these secrets, or records of them, from one read.

    :param other: the version that it has made already.
    :raises DockerError: it makes none in time, or the run is to end before.
    """
    deadline = clock.monotonic() + _PATIENCE
    while True:
        logical = versioning.group_versions(swarm.secrets())
        found = {
            new.logical: spec_edits.Target(version.secret.id, version.secret.name)
            for new in awaited
            for version in logical.get(new.logical, versioning.LogicalSecret(new.logical)).managed
            if _goes_with(version, other, new)
        }
        if len(found) == len(awaited):
            return found
        if clock.monotonic() > deadline or clock.cancelled():
            missing = ", ".join(new.logical for new in awaited if new.logical not in found)
            raise errors.DockerError(
                f"Another run began to change this at the same time, but made no version of"
                f" {missing} within {_PATIENCE:g} s.",
                "Run again: what is left over is then made anew.",
            )
        clock.sleep(_POLL_INTERVAL)


def _goes_with(
    version: versioning.Version, other: versioning.Version, new: model.NewVersion
) -> bool:
    """Tell whether a version is of the read that another one was made of."""
    if version.is_quarantined:
        return False
    if _issued(other):
        return _issued(version) == _issued(other)
    return version.source_version == other.source_version and _same_source(version, new)


def _same_source(version: versioning.Version, new: model.NewVersion) -> bool:
    """Tell whether a version comes from the source that a new one is made of."""
    theirs = secret_labels.source_of(version.secret.labels)
    return theirs == secret_labels.source_of(new.labels)
