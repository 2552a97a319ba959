# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any path that can be read: static credentials, and those that Vault makes for us and leases out.

https://openbao.org/docs/concepts/lease/ tells of leases.
"""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from ..._common import errors
from .. import errors as vault_errors
from .. import fields, validity
from . import diagnosis

if t.TYPE_CHECKING:
    from .. import client as vault_client
    from . import location
    from . import mounts as mount_table

# Static credentials tell how many seconds are left until Vault changes the password, another number
# at each read, whether it does so after a period or on a schedule. Those of databases
# (https://openbao.org/api-docs/secret/databases/#get-static-credentials) and of directories
# (https://openbao.org/api-docs/secret/ldap/#static-role-passwords) also tell when it was changed.
_COUNTDOWN = "ttl"
_STATIC_CREDENTIALS = frozenset(("last_vault_rotation", _COUNTDOWN))


def read_data(
    client: vault_client.VaultClient, place: location.Location, mounts: mount_table.Mounts
) -> tuple[fields.Fields, validity.Validity | None]:
    """Read what is at a place, and until when it is good, where it is leased.

    The client's token is kept alive for a lease, which would end with it.

    :raises SourceError: there is nothing, or it may not be read.
    """
    # Once: credentials may have been made for us.
    answer = _read(lambda: client.read(quote(str(place))), place, mounts)
    data = answer["data"]
    if data.keys() >= _STATIC_CREDENTIALS:
        data = {name: value for name, value in data.items() if name != _COUNTDOWN}
    return fields.Fields(str(place), data, answer), held_lease(client, answer)


def read_kv1(
    client: vault_client.VaultClient, place: location.Location, mounts: mount_table.Mounts
) -> fields.Fields:
    """Read a secret of KV version 1, which keeps no versions.

    API: https://openbao.org/api-docs/secret/kv/kv-v1/

    :raises SourceError: there is nothing, or it may not be read.
    """
    kv = client.repeatable.secrets.kv.v1
    answer = _read(lambda: kv.read_secret(place.path, mount_point=place.mount), place, mounts)
    return fields.Fields(str(place), answer["data"], answer)


def _read(
    ask: t.Callable[[], dict[str, t.Any]], place: location.Location, mounts: mount_table.Mounts
) -> dict[str, t.Any]:
    """Return what Vault answers for a place, with an object as its ``data``.

    :raises SourceError: there is nothing, or it may not be read.
    """
    try:
        answer = ask()
    except vault_errors.RefusedError as error:
        raise diagnosis.explain(error, place, str(place), "value", mounts) from None
    if not isinstance(answer.get("data"), dict):
        raise errors.SourceError(
            f"There is no data in what Vault answers for {place}.",
            "Check vault_engine and vault_path.",
        )
    return answer


def held_lease(
    client: vault_client.VaultClient, answer: t.Mapping[str, t.Any]
) -> validity.Validity | None:
    """Return the term of the lease in an answer, if there is one, and hold on to it."""
    lease_id, seconds = str(answer.get("lease_id") or ""), float(answer.get("lease_duration") or 0)
    if not lease_id:
        return None
    return validity.lease_term(lease_id, seconds, client.hold_lease(lease_id, seconds))
