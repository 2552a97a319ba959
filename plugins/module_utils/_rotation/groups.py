# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logical secrets that only make sense together: one lease, one certificate, one path.

User and password, certificate and key: a consumer that runs one of them as it was and the other as
it is now cannot work. One read fills them, so they are told by what is read.
"""

from __future__ import annotations

import typing as t

from .._common import times
from . import labels as secret_labels

if t.TYPE_CHECKING:
    from datetime import datetime

    from . import request as requested
    from . import versions as versioning
    from .observe import state as states
    from .plan import model


def groups_of(
    requests: t.Iterable[requested.SecretRequest],
) -> list[tuple[requested.SecretRequest, ...]]:
    """Group the requests that name a source in Vault by what one read of it gives.

    Two versions of one path, one of them pinned, are two reads.
    """
    found: dict[t.Hashable, list[requested.SecretRequest]] = {}
    for request in requests:
        source = request.source
        if source is not None:
            read = (source.engine, source.location, source.version, source.params)
            found.setdefault(read, []).append(request)
    return [tuple(members) for members in found.values()]


def group_label(
    request: requested.SecretRequest,
    source: states.SourceState,
    now: datetime,
    *,
    force: bool = False,
    taken: t.Container[str | None] = (),
) -> str | None:
    """Return what tells a new version's group; None where it has none, or it is not known.

    Two runs that read one version in Vault give it the same label. A version that is forced is
    made of what may have been rejected already, and must not be taken for a part of that. Nor must
    one that only holds the same in another way, as when a driver is to serve it.

    :param now: when the source was read.
    :param taken: groups that it must not be taken for a part of.
    """
    if request.source is None or source.unread:
        return None
    issued = source.validity.issuance_id if source.validity else None
    if issued:
        return issued
    parts = [request.source.location]
    if source.version is not None:
        parts += [str(source.version), source.created_time or ""]
    if request.source.version is not None:
        parts.append("pinned")
    label = " ".join(filter(None, parts))
    if force or source.version is None or label in taken:
        return f"{label} {times.format_time(now)}"
    return label


def changing_groups(
    plans: t.Mapping[str, model.SecretPlan], secrets: t.Iterable[states.ObservedSecret]
) -> dict[str, tuple[str, ...]]:
    """Return the names of those that are changed together with each secret, itself included.

    Only what is being created or has not converged yet: a member of which the source holds what it
    held before is no part of a change, and must not be blamed for it.
    """
    found: dict[t.Hashable, list[str]] = {}
    for secret in secrets:
        plan = plans[secret.name]
        if plan.create is not None:
            label = plan.create.labels.get(secret_labels.GROUP)
            # In check mode, what would be issued has no label yet.
            found.setdefault(label or secret.group, []).append(secret.name)
        elif plan.promote and plan.current is not None and plan.current.group:
            found.setdefault(plan.current.group, []).append(secret.name)
    return {name: tuple(names) for names in found.values() for name in names}


def converged_groups(versions: t.Iterable[versioning.Version]) -> frozenset[str]:
    """Return the groups of which some are active already.

    All of a group are made active once all of them have converged, one after the other: where one
    is, so have the others, whatever became of the run meanwhile.
    """
    return frozenset(
        version.group for version in versions if version.group and not version.is_pending
    )


def rejected_with(
    state: states.SwarmState, names: t.Iterable[str], found: t.Mapping[str, str]
) -> dict[str, str]:
    """Return the pending versions that were made together with one that consumers rejected.

    A run that was killed between noting one and the other leaves such halves.

    :param found: ids of the rejected, with the names of these consumers.
    """
    spoiled: dict[str, str] = {}
    for logical in state.logical.values():
        for version in logical.managed:
            if version.group is None:
                continue
            if version.secret.id in found:
                spoiled[version.group] = found[version.secret.id]
            elif version.is_quarantined:
                where = ", ".join(secret_labels.failed_on(version.secret.labels))
                spoiled.setdefault(version.group, where)
    newest = (state.secret(name).newest for name in names) if spoiled else ()
    return {
        version.secret.id: spoiled[version.group]
        for version in newest
        if version and version.is_pending and version.group in spoiled
    }


def names_by_group(state: states.SwarmState) -> dict[str, tuple[str, ...]]:
    """Return the logical secrets of which versions were made together, by what tells a group."""
    found: dict[str, dict[str, None]] = {}
    for name, logical in state.logical.items():
        for version in logical.managed:
            if version.group is not None:
                found.setdefault(version.group, {})[name] = None
    return {group: tuple(names) for group, names in found.items()}
