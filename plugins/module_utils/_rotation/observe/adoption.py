# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Swarm secrets that somebody else made and that are, or may be, versions of a logical secret.

They are never removed. One whose own labels do not say where it belongs gets a label that does,
so that later runs, rollbacks and the lookup know it without being told.
"""

from __future__ import annotations

import re
import typing as t

from ..._common import errors
from .. import labels as secret_labels
from .. import versions as versioning
from ..plan import model as plan_model

if t.TYPE_CHECKING:
    from ..._swarm import model as swarm_model
    from .. import request as requested
    from . import state as states

_LOOKS_NUMBERED = re.compile(r"(.+?)[._-](v?)[0-9]+", re.DOTALL | re.IGNORECASE)


def claims_of(
    requests: t.Sequence[requested.SecretRequest], secrets: t.Iterable[swarm_model.SwarmSecret]
) -> versioning.Claims:
    """Find the Swarm secrets that entries adopt.

    :raises InputError: one is not there, or belongs to another logical secret; names all of them.
    """
    secrets = tuple(secrets)
    named = frozenset(request.name for request in requests)
    adopting = _Adopting(
        by_name={versioning.folded(secret.name): secret for secret in secrets},
        known=versioning.group_versions(secrets, versioning.Claims(named=named)),
        named=named,
    )
    adopted: dict[str, str] = {}
    problems: list[str] = []
    for request in requests:
        for name in dict.fromkeys(request.adopt):
            secret = adopting.by_name.get(versioning.folded(name))
            problem = adopting.problem(secret, name, request.name)
            if problem:
                problems.append(f"{request.name}: {problem}")
            elif secret is not None and versioning.managed_version(secret) is None:
                other = adopted.setdefault(secret.id, request.name)
                if other != request.name:
                    problems.append(f"{secret.name} is adopted by both {other} and {request.name}")
    errors.raise_problems(problems)
    return versioning.Claims(adopted, named)


class _Adopting(t.NamedTuple):
    """What is known of Swarm secrets before any is adopted.

    :param by_name: by name, as the engine compares names.
    :param known: what they are without the adoption.
    :param named: the logical secrets of the request.
    """

    by_name: t.Mapping[str, swarm_model.SwarmSecret]
    known: t.Mapping[str, versioning.LogicalSecret]
    named: t.Container[str]

    def problem(
        self, secret: swarm_model.SwarmSecret | None, name: str, logical: str
    ) -> str | None:
        """Say why a Swarm secret cannot become a version of a logical secret."""
        if secret is None:
            return (
                f"adopt names {name}, but there is no such Swarm secret (take it out of adopt if "
                f"it was removed)"
            )
        managed = versioning.managed_version(secret)
        if managed is not None:
            if managed.logical == logical:
                return None
            return f"adopt names {secret.name}, which is a version of {managed.logical}"
        marked = secret.labels.get(secret_labels.ADOPTED)
        if marked and marked != logical:
            return f"adopt names {secret.name}, which {marked} has adopted"
        owner = versioning.recognized(secret) or secret.name
        if owner != logical and self._is_another(owner):
            return f"adopt names {secret.name}, which belongs to the logical secret {owner}"
        return None

    def _is_another(self, owner: str) -> bool:
        """Tell whether there is a logical secret of that name, other than as a possibility."""
        return owner in self.named or bool(owner in self.known and self.known[owner].managed)


def marks(logical: versioning.LogicalSecret) -> tuple[plan_model.Relabel, ...]:
    """Return the label changes that make adopted secrets known as such from now on."""
    return tuple(
        plan_model.Relabel(
            version.secret, {**version.secret.labels, secret_labels.ADOPTED: logical.name}
        )
        for version in logical.originals
        if version.secret.name != logical.name
        and versioning.recognized(version.secret) != logical.name
    )


def unmarks(logical: versioning.LogicalSecret) -> tuple[plan_model.Relabel, ...]:
    """Return the label changes that make adopted secrets strangers again."""
    return tuple(
        plan_model.Relabel(version.secret, secret_labels.without_adoption(version.secret.labels))
        for version in logical.originals
        if secret_labels.ADOPTED in version.secret.labels
    )


def check_drivers(requests: t.Iterable[requested.SecretRequest], state: states.SwarmState) -> None:
    """Check that no value is taken from a secret driver's hands without being asked for.

    :raises InputError: names the secrets whose value would be stored in the Swarm from now on.
    """
    problems = []
    for request in requests:
        logical = state.secret(request.name)
        if request.driver is not None or logical.managed:
            continue  # it was asked for, or stays as it is
        asked = {versioning.folded(name) for name in request.adopt}
        secrets = [version.secret for version in logical.versions]
        problems += [
            f"{request.name}: the value of {secret.name} comes from the secret driver "
            f"{secret.driver}, and would be stored in the Swarm itself from now on; if that is "
            f"wanted, add adopt: [{secret.name}] to the entry; with driver: {secret.driver} the "
            f"driver goes on to serve it"
            for secret in secrets
            if secret.driver and versioning.folded(secret.name) not in asked
        ]
    errors.raise_problems(problems)


def adoption_warnings(
    requests: t.Sequence[requested.SecretRequest], state: states.SwarmState
) -> t.Iterator[str]:
    """Name what looks like a version of a secret, is used, and stays out of the run's reach."""
    users = _users(state)
    alike = _look_alikes(state, users, {request.name for request in requests})
    for request in requests:
        candidates = alike.get(versioning.folded(request.name), [])
        versions = state.secret(request.name).versions if candidates else ()
        # A number alone may mean anything, unless nothing else can be meant.
        loosely = not any(version.secret.id in users for version in versions)
        found = [secret for secret, has_v in candidates if has_v or loosely]
        if not found:
            continue
        names = ", ".join(secret.name for secret in found)
        services = dict.fromkeys(name for secret in found for name in users[secret.id])
        yield (
            f"{request.name}: {', '.join(services)} {'uses' if len(services) == 1 else 'use'} "
            f"{names}, which the run leaves alone, since it is not known as a version of "
            f"{request.name}. If it is one, add adopt: [{names}] to the entry."
        )


def _users(state: states.SwarmState) -> dict[str, list[str]]:
    """Return the names of the services that refer to each Swarm secret, by its id."""
    users: dict[str, list[str]] = {}
    for service in state.services:
        for secret_id in dict.fromkeys(item.secret_id for item in service.references):
            users.setdefault(secret_id, []).append(service.name)
    return users


def _look_alikes(
    state: states.SwarmState, users: t.Container[str], named: t.Container[str]
) -> dict[str, list[tuple[swarm_model.SwarmSecret, bool]]]:
    """Return the secrets in use that are called as a version would be, and are nobody's.

    By the logical name that theirs begins with; paired with whether a ``v`` stands before the
    number.
    """
    found: dict[str, list[tuple[swarm_model.SwarmSecret, bool]]] = {}
    for secret in state.secrets:
        version = state.by_secret_id[secret.id]
        alone = version.is_original and version.logical == secret.name
        if not alone or secret.id not in users or secret.name in named:
            continue
        match = _LOOKS_NUMBERED.fullmatch(secret.name)
        if match and not state.secret(secret.name).managed:
            found.setdefault(versioning.folded(match[1]), []).append((secret, bool(match[2])))
    return found
