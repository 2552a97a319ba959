# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions may go: pure."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .versions import LogicalSecret, Version


def superseded(
    logical: LogicalSecret, current: int, keep_versions: int, used_ids: t.Container[str]
) -> tuple[Version, ...]:
    """Return the versions that nothing needs any more, oldest first.

    Kept are the current version, newer ones (they record a quarantine), the newest earlier ones
    up to ``keep_versions`` in all, and whatever a service runs or may roll back to. Earlier
    versions that never converged or were quarantined do not count, and go.

    :param current: number of the version consumers run.
    :param used_ids: secret ids in any service's spec or previous spec.
    """
    earlier = [version for version in logical.managed if version.number < current]
    good = [v for v in earlier if not v.is_quarantined and not v.is_pending]
    # keep_versions - 1 may be 0, and good[-0:] would be all of them.
    kept = {version.number for version in good[max(len(good) - (keep_versions - 1), 0) :]}
    return tuple(
        version
        for version in earlier
        if version.number not in kept and version.secret.id not in used_ids
    )
