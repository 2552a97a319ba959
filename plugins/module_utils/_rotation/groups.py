# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logical secrets that only make sense together: one lease, one certificate, one path.

User and password, certificate and key: a consumer that runs one of them as it was and the other as
it is now cannot work. One read fills them, so they are told by what is read.
"""

from __future__ import annotations

import typing as t

from . import labels as secret_labels

if t.TYPE_CHECKING:
    from .observe.state import SwarmState
    from .request import SecretRequest


def groups_of(requests: t.Iterable[SecretRequest]) -> list[tuple[SecretRequest, ...]]:
    """Group the requests that name a source in Vault by what one read of it gives.

    Two versions of one path, one of them pinned, are two reads.
    """
    found: dict[t.Hashable, list[SecretRequest]] = {}
    for request in requests:
        source = request.source
        if source is not None:
            read = (source.engine, source.location, source.version, source.params)
            found.setdefault(read, []).append(request)
    return [tuple(members) for members in found.values()]


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
