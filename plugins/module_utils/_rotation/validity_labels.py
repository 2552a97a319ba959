# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The labels that tell how long a version's value is good for."""

from __future__ import annotations

import typing as t

from .._common import times
from .._vault import validity as validities
from . import labels as secret_labels


def validity_labels(validity: validities.Validity | None) -> dict[str, str]:
    """Return the labels that tell a validity."""
    if validity is None:
        return {}
    labels = {
        secret_labels.ISSUED: times.format_time(validity.issued),
        secret_labels.EXPIRES: times.format_time(validity.expires),
    }
    if validity.lease_id:
        labels[secret_labels.LEASE_ID] = validity.lease_id
    if validity.serial:
        labels[secret_labels.SERIAL] = validity.serial
    return labels


def validity_in(labels: t.Mapping[str, str]) -> validities.Validity | None:
    """Read a validity back; None where there is none, or none that can be read."""
    try:
        issued, expires = (
            times.parse_time(labels[secret_labels.ISSUED]),
            times.parse_time(labels[secret_labels.EXPIRES]),
        )
    except (KeyError, ValueError):
        return None
    return validities.Validity(
        issued, expires, labels.get(secret_labels.LEASE_ID), labels.get(secret_labels.SERIAL)
    )
