# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the new versions of a plan in the Swarm."""

from __future__ import annotations

import dataclasses
import typing as t

from .._common.errors import EngineError, NameTakenError
from .._swarm.naming import version_name
from .._vault import fingerprint
from . import labels as lb
from .consumer_run import Target
from .decision import same_value
from .versions import managed_version

if t.TYPE_CHECKING:
    from .._common.secret_value import SecretValue
    from .._swarm.client import SwarmClient
    from .plan import NewVersion
    from .versions import Version

_TRIES = 5


def create_version(swarm: SwarmClient, new: NewVersion, hash_key: SecretValue | None) -> Target:
    """Create a version, or take over the one another run has just made of the same value.

    :raises EngineError: the engine refused, or other runs keep taking the numbers.
    """
    # Here and not in the plan: a salt is random, and check mode need not pay for it.
    digest = fingerprint.make(new.value, hash_key)
    new = dataclasses.replace(new, labels={**new.labels, lb.FINGERPRINT: digest})
    for _attempt in range(_TRIES):
        target = _created(swarm, new)
        if target is not None:
            return target
        by_name = {secret.name: secret for secret in swarm.secrets()}
        found = by_name.get(new.name)
        version = managed_version(found) if found else None
        if version is not None and _is_twin(version, new, hash_key):
            return Target(version.secret.id, version.secret.name)
        new = _renumbered(new, by_name)
    raise EngineError(
        f"Creating a version of {new.logical} failed: the name was taken {_TRIES} times in a row.",
        "Other runs seem to rotate the same secret; run again when they are done.",
    )


def _created(swarm: SwarmClient, new: NewVersion) -> Target | None:
    try:
        return Target(swarm.create_secret(new.name, new.labels, new.value), new.name)
    except NameTakenError:
        return None


def _is_twin(version: Version, new: NewVersion, hash_key: SecretValue | None) -> bool:
    return (
        version.logical == new.logical
        and not version.is_quarantined
        and same_value(version, new.value, hash_key) is True
    )


def _renumbered(new: NewVersion, taken: t.Container[str]) -> NewVersion:
    number = new.number
    while version_name(new.logical, number) in taken:
        number += 1
    return dataclasses.replace(
        new,
        number=number,
        name=version_name(new.logical, number),
        labels={**new.labels, lb.VERSION: str(number)},
    )
