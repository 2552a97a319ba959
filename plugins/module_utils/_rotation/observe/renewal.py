# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources that make a new value at each read: leased credentials and certificates.

They are read only when what was issued last is about to end. All logical secrets that name one such
source form a *set*: one read fills them, and they only work together, as user and password do.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._vault.validity import format_time, parse_time
from .. import labels as secret_labels
from ..plan.decision import DUE, FRESH, POSTPONED, VersionChoice
from ..renewal_margin import due_at, retry_at
from ..validation import raise_problems

if t.TYPE_CHECKING:
    from datetime import datetime

    from ..request import SecretRequest
    from ..versions import Version
    from .state import Observation, SwarmState

_ISSUING_ENGINES = ("read", "pki")


@dataclass(frozen=True)
class Renewal:
    """Whether a set is to be issued anew, and why."""

    action: str
    reason: str


@dataclass(frozen=True)
class GroupChoice:
    """The standing of each member of one set, by logical name."""

    members: tuple[SecretRequest, ...]
    standing: t.Mapping[str, VersionChoice]

    def newest(self) -> t.Iterator[tuple[SecretRequest, Version | None]]:
        """Pair each member with the version its consumers should run."""
        return ((member, self.standing[member.name].newest) for member in self.members)

    def rejected(self) -> Version | None:
        """Return the last version from this very source that consumers rejected."""
        found = [
            version
            for member in self.members
            for version in self.standing[member.name].rejected
            if version.validity and secret_labels.same_source(version.secret.labels, member.source)
        ]
        return max(found, key=lambda version: version.secret.created_at, default=None)


def groups_of(requests: t.Iterable[SecretRequest]) -> list[tuple[SecretRequest, ...]]:
    """Group the requests whose sources may issue, by what one read gives."""
    found: dict[tuple[str, str, str], list[SecretRequest]] = {}
    for request in requests:
        source = request.source
        if source is not None and source.engine in _ISSUING_ENGINES:
            found.setdefault((source.engine, source.path, source.params), []).append(request)
    return [tuple(members) for members in found.values()]


def decide_renewals(
    requests: t.Sequence[SecretRequest], observation: Observation, *, force: bool = False
) -> list[tuple[SecretRequest, Renewal | None]]:
    """Tell for each logical secret what its source, if it is known to issue, is to be asked for.

    :raises InputError: a secret would be renewed without one that goes with it.
    """
    renewals: dict[str, Renewal] = {}
    problems: list[str] = []
    listed = {request.name for request in requests}
    for members in groups_of(requests):
        standing = {
            member.name: VersionChoice.of(
                observation.state.secret(member.name), observation.rejected_by
            )
            for member in members
        }
        found = GroupChoice(members, standing)
        if not _issues(found):
            continue
        renewal = Renewal(DUE, "forced") if force else _judge(found, observation.now)
        renewals.update({member.name: renewal for member in members})
        if renewal.action == DUE:
            problems += _left_behind(found, observation.state, listed)
    raise_problems(problems)
    return [(request, renewals.get(request.name)) for request in requests]


def may_issue(request: SecretRequest, observation: Observation) -> bool:
    """Tell whether reading a source may let Vault make something; not sure before the first."""
    engine = request.source.engine if request.source else ""
    newest = observation.state.secret(request.name).newest
    return engine == "pki" or (engine == "read" and (newest is None or newest.validity is not None))


def rejected_with(
    state: SwarmState, names: t.Iterable[str], found: t.Mapping[str, str]
) -> dict[str, str]:
    """Return the pending versions that were issued together with one that consumers rejected.

    A run that was killed between noting one and the other leaves such halves.

    :param found: ids of the rejected, with the names of these consumers.
    """
    spoiled: dict[str, str] = {}
    for logical in state.logical.values():
        for version in logical.managed:
            issue = version.validity.issuance_id if version.validity else None
            if issue and version.secret.id in found:
                spoiled[issue] = found[version.secret.id]
            elif issue and version.is_quarantined:
                spoiled.setdefault(issue, ", ".join(secret_labels.failed_on(version.secret.labels)))
    if not spoiled:
        return {}
    newest = (state.secret(name).newest for name in names)
    return {
        version.secret.id: spoiled[version.validity.issuance_id]
        for version in newest
        if version
        and version.is_pending
        and version.validity
        and version.validity.issuance_id in spoiled
    }


def _issues(found: GroupChoice) -> bool:
    if any(member.source and member.source.engine == "pki" for member in found.members):
        return True
    return any(
        version.validity
        for standing in found.standing.values()
        for version in (standing.newest, *standing.rejected)
        if version
    )


def _judge(found: GroupChoice, now: datetime) -> Renewal:
    reason = _why_due(found, now)
    rejected = found.rejected()
    if reason is None:
        if rejected is not None and not rejected.is_revoked:
            # A consumer that runs the rejected value well stays at it.
            reason = f"{_rejection(rejected)}; what came before is {_until(found)}"
            return Renewal(POSTPONED, reason)
        return Renewal(FRESH, _until(found))
    if rejected is not None and rejected.validity is not None:
        kept = [version.validity for _m, version in found.newest() if version and version.validity]
        expires = min((validity.expires for validity in kept), default=rejected.validity.expires)
        failed = parse_time(rejected.secret.created_at)
        again = retry_at(failed, expires, rejected.validity.seconds)
        if now < again:
            return Renewal(POSTPONED, _postponed(rejected, again))
    return Renewal(DUE, reason)


def _why_due(found: GroupChoice, now: datetime) -> str | None:
    issues = set()
    for member, version in found.newest():
        if version is None:
            return f"there is no version of {member.name} yet"
        if version.validity is None or not secret_labels.same_source(
            version.secret.labels, member.source
        ):
            return f"{version.secret.name} is not from this source"
        if version.is_revoked:
            return f"the lease of {version.secret.name} was revoked"
        if now >= due_at(version.validity, member.renew_before):
            return f"{version.secret.name} ends at {format_time(version.validity.expires)}"
        issues.add(version.validity.issuance_id)
    return "its secrets are not all of one issue" if len(issues) > 1 else None


def _until(found: GroupChoice) -> str:
    validities = [(v.validity, m.renew_before) for m, v in found.newest() if v and v.validity]
    due = min(due_at(validity, margin) for validity, margin in validities)
    expires = min(validity.expires for validity, _margin in validities)
    return f"good until {format_time(expires)}, renewed from {format_time(due)} on"


def _postponed(rejected: Version, again: datetime) -> str:
    return (
        f"a new value is due, but {_rejection(rejected)}; it is tried again from"
        f" {format_time(again)} on, or at once with force"
    )


def _rejection(rejected: Version) -> str:
    where = ", ".join(secret_labels.failed_on(rejected.secret.labels))
    return f"{rejected.secret.name} " + (f"failed on {where}" if where else "was rolled back")


def _left_behind(
    found: GroupChoice, state: SwarmState, listed: t.Container[str]
) -> t.Iterator[str]:
    """Name secrets in use that came from the same read and would not work with a new one."""
    issues = {
        version.validity.issuance_id: member.name
        for member, version in found.newest()
        if version and version.validity and version.validity.issuance_id and not version.is_revoked
    }
    used = state.referenced_ids()
    for name, logical in state.logical.items():
        newest = logical.newest
        if name in listed or newest is None or newest.validity is None:
            continue
        if newest.validity.issuance_id in issues and newest.secret.id in used:
            yield (
                f"{issues[newest.validity.issuance_id]} is to be renewed, and {name}, which came from the"
                f" same read, would not go with it any more: list both"
            )
