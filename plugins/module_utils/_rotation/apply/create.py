# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the new versions of a plan in the Swarm."""

from __future__ import annotations

import typing as t

from ..._common import errors, fingerprint
from ..._swarm import naming
from .. import labels as secret_labels
from .. import payload as payloads
from .. import versions
from ..plan import decision
from . import spec_edits

if t.TYPE_CHECKING:
    from ..._common import secret_value
    from ..._swarm import client
    from ..plan import model

_TRIES = 5


class RejectedElsewhereError(errors.DockerError):
    """Another run has just tried this very value, and a consumer rejected it.

    :ivar target: the version that it made.
    """

    def __init__(self, target: spec_edits.Target) -> None:
        super().__init__(f"another run tried it as {target.name}, and it was rejected")
        self.target = target


class Made(t.NamedTuple):
    """A version to move consumers to.

    :param concurrent_version: what another run made, where it was taken over.
    """

    target: spec_edits.Target
    concurrent_version: versions.Version | None = None


def create_or_find(
    swarm: client.SwarmClient,
    new: model.NewVersion,
    hash_key: secret_value.SecretValue | None,
    *,
    prefer_existing: bool = True,
) -> Made:
    """Create a version, or take over what another run has just made of the same source.

    :param prefer_existing: whether a value that was issued to another run goes before ours.
    :raises RejectedElsewhereError: that has failed already.
    :raises DockerError: the engine refused, or other runs keep taking the numbers.
    """
    payload = new.payload
    if isinstance(payload, payloads.Stored):
        new = with_fingerprint(new, payload.value, hash_key)
    elif not isinstance(payload, payloads.DriverBacked):
        raise TypeError(f"there is no value to make {new.name} of")
    planned = new.number
    for _attempt in range(_TRIES):
        target = _created(swarm, new, payload)
        if target is not None:
            return Made(target)
        secrets = swarm.secrets()
        logical = versions.group_versions(secrets).get(
            new.logical, versions.LogicalSecret(new.logical)
        )
        others = [version for version in logical.managed if version.number >= planned]
        concurrent_version = _concurrent_version(others, new, payload, hash_key)
        if concurrent_version is None and prefer_existing:
            concurrent_version = _issued_elsewhere(others, new.labels)
        if concurrent_version is not None:
            target = spec_edits.Target(concurrent_version.secret.id, concurrent_version.secret.name)
            if concurrent_version.is_quarantined:
                raise RejectedElsewhereError(target)
            return Made(target, concurrent_version)
        new = _renumbered(new, {versions.folded(secret.name) for secret in secrets})
    raise errors.DockerError(
        f"Creating a version of {new.logical} failed: the name was taken {_TRIES} times in a row.",
        "Other runs seem to rotate the same secret; run again when they are done.",
    )


def with_fingerprint(
    new: model.NewVersion,
    value: secret_value.SecretValue,
    hash_key: secret_value.SecretValue | None,
) -> model.NewVersion:
    """Return a planned version with its last label.

    Not made by the plan: a salt is random, and check mode need not pay for it.
    """
    digest = fingerprint.make(value, hash_key)
    return new._replace(labels={**new.labels, secret_labels.FINGERPRINT: digest})


def _created(
    swarm: client.SwarmClient,
    new: model.NewVersion,
    payload: payloads.Stored | payloads.DriverBacked,
) -> spec_edits.Target | None:
    try:
        if isinstance(payload, payloads.Stored):
            made = swarm.create_secret(new.name, new.labels, payload.value, payload.templating)
        else:
            made = swarm.create_driver_secret(
                new.name, new.labels, payload.driver, payload.templating
            )
    except errors.NameTakenError:
        return None
    return spec_edits.Target(made, new.name)


def _concurrent_version(
    others: t.Sequence[versions.Version],
    new: model.NewVersion,
    payload: payloads.Stored | payloads.DriverBacked,
    hash_key: secret_value.SecretValue | None,
) -> versions.Version | None:
    """Return what another run made meanwhile of the same value, or of a newer source version."""
    for version in reversed(others):
        if is_newer(version, new.labels):
            return version
        if isinstance(payload, payloads.Stored):
            same = decision.same_value(version, payload.value, hash_key)
        else:
            same = payloads.same_driver(version.driver, payload.driver) and _same_pin(
                version, new.labels
            )
        if same:
            return version
    return None


def _same_pin(version: versions.Version, labels: t.Mapping[str, str]) -> bool:
    """Tell whether a driver reads the same by a version's labels as by these."""
    wanted = (secret_labels.SOURCE_VERSION, secret_labels.SOURCE_TIME)
    theirs = version.secret.labels
    return secret_labels.source_of(theirs) == secret_labels.source_of(labels) and all(
        theirs.get(label) == labels.get(label) for label in wanted
    )


def _issued_elsewhere(
    others: t.Sequence[versions.Version], labels: t.Mapping[str, str]
) -> versions.Version | None:
    """Return what another run made meanwhile of a value issued to it by the same source."""
    source = secret_labels.source_of(labels)
    issued = [
        version
        for version in others
        if version.validity
        and not version.is_revoked
        and secret_labels.source_of(version.secret.labels) == source
    ]
    return issued[-1] if issued and secret_labels.EXPIRES in labels else None


def is_newer(version: versions.Version, labels: t.Mapping[str, str]) -> bool:
    """Tell whether a version holds what was written to the source after what we have read."""
    ours = secret_labels.number_in(labels.get(secret_labels.SOURCE_VERSION, ""))
    theirs = version.source_version
    same = secret_labels.source_of(version.secret.labels) == secret_labels.source_of(labels)
    return same and ours is not None and theirs is not None and theirs > ours


def _renumbered(new: model.NewVersion, taken: t.Container[str]) -> model.NewVersion:
    number = versions.free_number(new.logical, new.number, taken)
    return new._replace(
        number=number,
        name=naming.version_name(new.logical, number),
        labels={**new.labels, secret_labels.VERSION: str(number)},
    )
