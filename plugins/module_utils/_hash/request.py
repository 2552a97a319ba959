# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for: data only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from . import digest

if t.TYPE_CHECKING:
    from .._common import secret_value
    from .._vault import source
    from .previous import Previous


@dataclass(frozen=True)
class HashRequest:
    """Hashes to make, and what to compare them with.

    :param sources: where the values live, by unique name.
    :param algorithm: one of ``digest.ALGORITHMS``.
    :param hash_key: key for ``hmac-sha256``.
    :param previous: hashes of an earlier run by name; names that are not asked for are ignored.
    """

    sources: t.Mapping[str, source.VaultSource]
    algorithm: str = digest.HMAC_SHA256
    hash_key: secret_value.SecretValue | None = None
    previous: t.Mapping[str, Previous] = field(default_factory=dict)
