# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions may go: pure."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ..versions import LogicalSecret, Version


def superseded(
    logical: LogicalSecret,
    current: int,
    keep_versions: int,
    used_ids: t.Container[str],
    rejected: t.Container[str] = (),
) -> tuple[Version, ...]:
    """Return the versions that nothing needs any more, oldest first.

    Kept are the current version, the newest of those that were rejected after it (it records the
    quarantine), the newest earlier ones up to ``keep_versions`` in all, and whatever a service
    runs or may roll back to. Earlier versions that never converged or were quarantined do not
    count, and go.

    :param current: number of the version consumers run; 0: what somebody else made.
    :param used_ids: secret ids in any service's spec or previous spec.
    :param rejected: ids of versions that are about to be quarantined.
    """
    earlier = [version for version in logical.managed if version.number < current]
    good = [v for v in earlier if not v.is_quarantined and not v.is_pending]
    # keep_versions - 1 may be 0, and good[-0:] would be all of them.
    kept = {version.number for version in good[max(len(good) - (keep_versions - 1), 0) :]}
    gone = [v for v in earlier if v.number not in kept and v.secret.id not in used_ids]
    later = [v for v in forgettable(logical, used_ids, rejected) if v.number > current]
    return (*gone, *later)


def forgettable(
    logical: LogicalSecret, used_ids: t.Container[str], rejected: t.Container[str] = ()
) -> tuple[Version, ...]:
    """Return the rejected versions that may go although a newer value failed as well.

    The newest tells which value not to try again; those before it tell what nobody asks any more.
    """
    found = [v for v in logical.managed if v.is_quarantined or v.secret.id in rejected]
    return tuple(version for version in found[:-1] if version.secret.id not in used_ids)
