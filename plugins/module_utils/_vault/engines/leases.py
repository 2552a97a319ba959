# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends leases (https://openbao.org/api-docs/system/leases/#revoke-lease)."""

from __future__ import annotations

import typing as t

from .. import errors as vault_errors
from . import diagnosis

if t.TYPE_CHECKING:
    from .. import client as vault_client

_API_PATH = "sys/leases/revoke"


def revoke(client: vault_client.VaultClient, lease_id: str) -> None:
    """End a lease and wait until what was leased is gone; one that has ended is no error.

    :raises SourceError: it may not be ended, or the engine behind it could not.
    """
    try:
        # hvac's own method does not wait.
        client.write_data(_API_PATH, data={"lease_id": lease_id, "sync": True})
    except vault_errors.RefusedError as error:
        if error.status == diagnosis.FORBIDDEN:
            raise diagnosis.missing_right(
                f"revoke the lease {lease_id}", _API_PATH, "update"
            ) from None
        raise
    client.drop_lease(lease_id)
