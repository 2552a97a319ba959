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
from .. import labels as lb
from ..plan.decision import DUE, FRESH, POSTPONED, Standing
from ..renewal_margin import due_at, retry_at
from ..validation import raise_problems

if t.TYPE_CHECKING:
    from datetime import datetime

    from ..request import SecretRequest
    from ..versions import Version
    from .state import Situation, SwarmState

_ISSUING_ENGINES = ("read", "pki")


@dataclass(frozen=True)
class Renewal:
    """Whether a set is to be issued anew, and why."""

    action: str
    reason: str


@dataclass(frozen=True)
class Standings:
    """The standing of each member of one set, by logical name."""

    members: tuple[SecretRequest, ...]
    standing: t.Mapping[str, Standing]

    def newest(self) -> t.Iterator[tuple[SecretRequest, Version | None]]:
        """Pair each member with the version its consumers should run."""
        return ((member, self.standing[member.name].newest) for member in self.members)

    def rejected(self) -> Version | None:
        """Return the last version from this very source that consumers rejected."""
        found = [
            version
            for member in self.members
            for version in self.standing[member.name].rejected
            if version.term and lb.same_source(version.secret.labels, member.source)
        ]
        return max(found, key=lambda version: version.secret.created_at, default=None)


def sets_of(requests: t.Iterable[SecretRequest]) -> list[tuple[SecretRequest, ...]]:
    """Group the requests whose sources may issue, by what one read gives."""
    found: dict[tuple[str, str, str], list[SecretRequest]] = {}
    for request in requests:
        source = request.source
        if source is not None and source.engine in _ISSUING_ENGINES:
            found.setdefault((source.engine, source.path, source.params), []).append(request)
    return [tuple(members) for members in found.values()]


def judge_renewals(
    requests: t.Sequence[SecretRequest], situation: Situation, *, force: bool = False
) -> list[tuple[SecretRequest, Renewal | None]]:
    """Tell for each logical secret what its source, if it is known to issue, is to be asked for.

    :raises InputError: a secret would be renewed without one that goes with it.
    """
    renewals: dict[str, Renewal] = {}
    problems: list[str] = []
    listed = {request.name for request in requests}
    for members in sets_of(requests):
        standing = {
            member.name: Standing.of(situation.state.secret(member.name), situation.faulty)
            for member in members
        }
        found = Standings(members, standing)
        if not _issues(found):
            continue
        renewal = Renewal(DUE, "forced") if force else _judge(found, situation.now)
        renewals.update({member.name: renewal for member in members})
        if renewal.action == DUE:
            problems += _left_behind(found, situation.state, listed)
    raise_problems(problems)
    return [(request, renewals.get(request.name)) for request in requests]


def may_issue(request: SecretRequest, situation: Situation) -> bool:
    """Tell whether reading a source may let Vault make something; not sure before the first."""
    engine = request.source.engine if request.source else ""
    newest = situation.state.secret(request.name).newest
    return engine == "pki" or (engine == "read" and (newest is None or newest.term is not None))


def spoiled_with(
    state: SwarmState, names: t.Iterable[str], found: t.Mapping[str, str]
) -> dict[str, str]:
    """Return the pending versions that were issued together with one that consumers rejected.

    A run that was killed between noting one and the other leaves such halves.

    :param found: ids of the rejected, with the names of these consumers.
    """
    spoiled: dict[str, str] = {}
    for logical in state.logical.values():
        for version in logical.managed:
            issue = version.term.issue if version.term else None
            if issue and version.secret.id in found:
                spoiled[issue] = found[version.secret.id]
            elif issue and version.is_quarantined:
                spoiled.setdefault(issue, ", ".join(lb.failed_on(version.secret.labels)))
    if not spoiled:
        return {}
    newest = (state.secret(name).newest for name in names)
    return {
        version.secret.id: spoiled[version.term.issue]
        for version in newest
        if version and version.is_pending and version.term and version.term.issue in spoiled
    }


def _issues(found: Standings) -> bool:
    if any(member.source and member.source.engine == "pki" for member in found.members):
        return True
    return any(
        version.term
        for standing in found.standing.values()
        for version in (standing.newest, *standing.rejected)
        if version
    )


def _judge(found: Standings, now: datetime) -> Renewal:
    reason = _why_due(found, now)
    rejected = found.rejected()
    if reason is None:
        if rejected is not None and not rejected.is_revoked:
            # A consumer that runs the rejected value well stays at it.
            reason = f"{_rejection(rejected)}; what came before is {_until(found)}"
            return Renewal(POSTPONED, reason)
        return Renewal(FRESH, _until(found))
    if rejected is not None and rejected.term is not None:
        kept = [version.term for _m, version in found.newest() if version and version.term]
        expires = min((term.expires for term in kept), default=rejected.term.expires)
        failed = parse_time(rejected.secret.created_at)
        again = retry_at(failed, expires, rejected.term.seconds)
        if now < again:
            return Renewal(POSTPONED, _postponed(rejected, again))
    return Renewal(DUE, reason)


def _why_due(found: Standings, now: datetime) -> str | None:
    issues = set()
    for member, version in found.newest():
        if version is None:
            return f"there is no version of {member.name} yet"
        if version.term is None or not lb.same_source(version.secret.labels, member.source):
            return f"{version.secret.name} is not from this source"
        if version.is_revoked:
            return f"the lease of {version.secret.name} was revoked"
        if now >= due_at(version.term, member.renew_before):
            return f"{version.secret.name} ends at {format_time(version.term.expires)}"
        issues.add(version.term.issue)
    return "its secrets are not all of one issue" if len(issues) > 1 else None


def _until(found: Standings) -> str:
    terms = [(v.term, m.renew_before) for m, v in found.newest() if v and v.term]
    due = min(due_at(term, margin) for term, margin in terms)
    expires = min(term.expires for term, _margin in terms)
    return f"good until {format_time(expires)}, renewed from {format_time(due)} on"


def _postponed(rejected: Version, again: datetime) -> str:
    return (
        f"a new value is due, but {_rejection(rejected)}; it is tried again from"
        f" {format_time(again)} on, or at once with force"
    )


def _rejection(rejected: Version) -> str:
    where = ", ".join(lb.failed_on(rejected.secret.labels))
    return f"{rejected.secret.name} " + (f"failed on {where}" if where else "was rolled back")


def _left_behind(found: Standings, state: SwarmState, listed: t.Container[str]) -> t.Iterator[str]:
    """Name secrets in use that came from the same read and would not work with a new one."""
    issues = {
        version.term.issue: member.name
        for member, version in found.newest()
        if version and version.term and version.term.issue and not version.is_revoked
    }
    used = state.referenced_ids()
    for name, logical in state.logical.items():
        newest = logical.newest
        if name in listed or newest is None or newest.term is None:
            continue
        if newest.term.issue in issues and newest.secret.id in used:
            yield (
                f"{issues[newest.term.issue]} is to be renewed, and {name}, which came from the"
                f" same read, would not go with it any more: list both"
            )
