# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The labels that tell how long a version's value is good for."""

from __future__ import annotations

import typing as t

from .._vault.validity import Term, format_time, parse_time
from . import labels as lb


def term_labels(term: Term | None) -> dict[str, str]:
    """Return the labels that tell a term."""
    if term is None:
        return {}
    labels = {lb.ISSUED: format_time(term.issued), lb.EXPIRES: format_time(term.expires)}
    if term.lease_id:
        labels[lb.LEASE_ID] = term.lease_id
    if term.serial:
        labels[lb.SERIAL] = term.serial
    return labels


def term_in(labels: t.Mapping[str, str]) -> Term | None:
    """Read a term back; None where there is none, or none that can be read."""
    try:
        issued, expires = parse_time(labels[lb.ISSUED]), parse_time(labels[lb.EXPIRES])
    except (KeyError, ValueError):
        return None
    return Term(issued, expires, labels.get(lb.LEASE_ID), labels.get(lb.SERIAL))
