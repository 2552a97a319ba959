# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""KV version 1, which keeps no versions (https://openbao.org/api-docs/secret/kv/kv-v1/)."""

from __future__ import annotations

import typing as t

from ..._common.errors import SourceError
from ..errors import RefusedError
from ..fields import Fields
from .refusals import explain

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from .mounts import Mounts
    from .paths import Location


def read_data(client: VaultClient, place: Location, mounts: Mounts) -> Fields:
    """Read what is at a place.

    :raises SourceError: there is nothing, or it may not be read.
    """
    api_path = str(place)
    try:
        data = client.request("GET", api_path).get("data")
    except RefusedError as error:
        raise explain(error, place, api_path, "value", mounts) from None
    if not isinstance(data, dict):
        raise SourceError(
            f"There is no data in what Vault answers for {place}.",
            "Check vault_engine and vault_path.",
        )
    return Fields(api_path, data)
