# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""KV version 1, which keeps no versions (https://openbao.org/api-docs/secret/kv/kv-v1/)."""

from __future__ import annotations

import typing as t

from ..fields import Fields
from .generic import read_answer

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from .location import Location
    from .mounts import Mounts


def read_data(client: VaultClient, place: Location, mounts: Mounts) -> Fields:
    """Read what is at a place.

    :raises SourceError: there is nothing, or it may not be read.
    """
    return Fields(str(place), read_answer(client, place, mounts)["data"])
