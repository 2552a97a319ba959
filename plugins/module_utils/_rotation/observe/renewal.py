# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources that make a new value at each read: leased credentials and certificates.

They are read only when what was issued last is about to end. All logical secrets that name one such
source form a group: one read fills them, and they only work together, as user and password do.
"""

from __future__ import annotations

import typing as t

from ..._common import errors, times
from ..._vault import source
from .. import labels as secret_labels
from .. import renewal_margin
from . import state as states

if t.TYPE_CHECKING:
    from datetime import datetime

    from .. import versions


class _Group(t.NamedTuple):
    """The logical secrets that one read of such a source fills."""

    members: tuple[states.ObservedSecret, ...]

    @property
    def is_issuing(self) -> bool:
        """Whether the source is known to make a new value at each read."""
        if any(one.request.source and one.request.source.engine == "pki" for one in self.members):
            return True
        return any(
            version.validity
            for one in self.members
            for version in (one.choice.current, *one.choice.rejected)
            if version
        )

    def rejected(self) -> versions.Version | None:
        """Return the last version from this very source that consumers rejected."""
        found = [
            version
            for one in self.members
            for version in one.choice.rejected
            if version.validity
            and secret_labels.same_source(version.secret.labels, one.request.source)
        ]
        return max(found, key=lambda version: version.secret.created_at, default=None)


def decide_renewals(
    before: states.Observation, *, force: bool = False
) -> dict[str, states.RenewalDecision | errors.InputError]:
    """Tell what the sources that are known to issue are to be asked for, by logical name.

    The error is for secrets that would be renewed without one that goes with them.
    """
    by_name = {secret.name: secret for secret in before.secrets}
    found: dict[str, states.RenewalDecision | errors.InputError] = {}
    for names in dict.fromkeys(secret.group for secret in before.secrets):
        group = _Group(tuple(by_name[name] for name in names))
        if not any(_may_end(one) for one in group.members) or not group.is_issuing:
            continue
        renewal = (
            states.RenewalDecision(states.RenewalAction.DUE, "forced")
            if force
            else _judge(group, before.now)
        )
        left = (
            _left_behind(group, before.state, by_name)
            if renewal.action is states.RenewalAction.DUE
            else []
        )
        error = errors.InputError(f"{'; '.join(left)}.", "List all of them.") if left else None
        found.update(dict.fromkeys(names, error or renewal))
    return found


def may_issue(secret: states.ObservedSecret) -> bool:
    """Tell whether reading a source may let Vault make something; not sure before the first."""
    engine = secret.request.source.engine if secret.request.source else ""
    newest = secret.versions.newest
    return engine == "pki" or (engine == "read" and (newest is None or newest.validity is not None))


def _may_end(secret: states.ObservedSecret) -> bool:
    return (
        secret.request.source is not None
        and secret.request.source.engine in source.WHOLE_PATH_ENGINES
    )


def _judge(group: _Group, now: datetime) -> states.RenewalDecision:
    reason = _why_due(group, now)
    rejected = group.rejected()
    if reason is None:
        if rejected is not None and not rejected.is_revoked:
            # A consumer that runs the rejected value well stays at it.
            reason = f"{_rejection(rejected)}; what came before is {_until(group)}"
            return states.RenewalDecision(states.RenewalAction.POSTPONED, reason)
        return states.RenewalDecision(states.RenewalAction.FRESH, _until(group))
    if rejected is not None and rejected.validity is not None:
        current = [one.choice.current for one in group.members]
        kept = [version.validity for version in current if version and version.validity]
        expires = min((validity.expires for validity in kept), default=rejected.validity.expires)
        failed = times.parse_time(rejected.secret.created_at)
        again = renewal_margin.retry_at(failed, expires, rejected.validity.seconds)
        if now < again:
            return states.RenewalDecision(
                states.RenewalAction.POSTPONED, _postponed(rejected, again)
            )
    return states.RenewalDecision(states.RenewalAction.DUE, reason)


def _why_due(group: _Group, now: datetime) -> str | None:
    issuances = set()
    for one in group.members:
        version = one.choice.current
        if version is None:
            return f"there is no version of {one.name} yet"
        if version.validity is None or not secret_labels.same_source(
            version.secret.labels, one.request.source
        ):
            return f"{version.secret.name} is not from this source"
        if version.is_revoked:
            return f"the lease of {version.secret.name} was revoked"
        if now >= renewal_margin.due_at(version.validity, one.request.renew_before):
            return f"{version.secret.name} ends at {times.format_time(version.validity.expires)}"
        issuances.add(version.validity.issuance_id)
    return "its secrets were not all issued together" if len(issuances) > 1 else None


def _until(group: _Group) -> str:
    validities = [
        (one.choice.current.validity, one.request.renew_before)
        for one in group.members
        if one.choice.current and one.choice.current.validity
    ]
    due = min(renewal_margin.due_at(validity, margin) for validity, margin in validities)
    expires = min(validity.expires for validity, _margin in validities)
    return f"good until {times.format_time(expires)}, renewed from {times.format_time(due)} on"


def _postponed(rejected: versions.Version, again: datetime) -> str:
    return (
        f"a new value is due, but {_rejection(rejected)}; it is tried again from"
        f" {times.format_time(again)} on, or at once with force"
    )


def _rejection(rejected: versions.Version) -> str:
    where = ", ".join(secret_labels.failed_on(rejected.secret.labels))
    return f"{rejected.secret.name} " + (f"failed on {where}" if where else "was rolled back")


def _left_behind(group: _Group, state: states.SwarmState, listed: t.Container[str]) -> list[str]:
    """Name secrets in use that came from the same read and would not work with a new one."""
    renewed: dict[str, str] = {}
    for one in group.members:
        version = one.choice.current
        if version and not version.is_revoked and version.validity:
            renewed[version.validity.issuance_id or ""] = one.name
    renewed.pop("", None)
    used = state.referenced_ids()
    left = []
    for name, logical in state.logical.items():
        newest = logical.newest
        if name in listed or newest is None or newest.validity is None:
            continue
        issuance = newest.validity.issuance_id
        if issuance in renewed and newest.secret.id in used:
            left.append(
                f"{renewed[issuance]} is to be renewed, and {name}, which came from the same read,"
                " would not go with it any more: list both"
            )
    return left
