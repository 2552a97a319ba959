# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of the PKI engine (https://openbao.org/api-docs/secret/pki/#issuing-certificates).

What is issued is read once and never again: a certificate, its key and its chain.
"""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timezone
from urllib.parse import quote

from ..._common import errors, times
from .. import errors as vault_errors
from .. import fields, source_check, validity
from . import diagnosis, generic
from . import mounts as mount_table

if t.TYPE_CHECKING:
    from .. import client as vault_client
    from . import location

_PEM = "-----BEGIN "


def issue(
    client: vault_client.VaultClient, place: location.Location, mounts: mount_table.Mounts
) -> tuple[fields.Fields, validity.Validity]:
    """Let Vault issue a certificate.

    :param mounts: to make sure that a certificate is all that the request can make.
    :raises SourceError: it may not be issued, or the path does not issue any.
    """
    _check_mount(place, mounts)
    api_path = str(place)
    try:
        # hvac's own method wants a common name, and knows no path of an issuer.
        answer = client.write_data(quote(api_path), data=json.loads(place.params or "{}"))
    except vault_errors.RefusedError as error:
        raise _refused(error, place) from None
    data = answer.get("data")
    if not isinstance(data, dict) or not {"certificate", "expiration"} <= data.keys():
        raise errors.SourceError(
            f"What Vault answers for {place} is not a certificate.",
            "Check that the PKI engine is mounted there: vault_path is its mount, then issue/ or"
            " sign/ with the role, such as pki/issue/web.",
        )
    lease = generic.held_lease(client, answer)  # where the role says generate_lease
    now = times.whole_second(datetime.now(timezone.utc))
    expires = datetime.fromtimestamp(int(data["expiration"]), timezone.utc)
    cut_short = lease is not None and lease.cut_short
    if lease is not None and cut_short:
        expires = lease.expires  # a certificate is revoked when its lease ends
    lease_id = lease.lease_id if lease else None
    serial = data.get("serial_number")
    term = validity.Validity(now, expires, lease_id, serial, cut_short)
    return _fields(api_path, data, answer), term


def _check_mount(place: location.Location, mounts: mount_table.Mounts) -> None:
    """Make sure that the PKI engine is there: to others the request is one to write a secret.

    :raises SourceError: it is not, or nobody tells.
    """
    try:
        mount = mounts.at(str(place))
    except vault_errors.RefusedError as error:
        if error.status == diagnosis.FORBIDDEN:
            # Any right at all at the path would do to be told.
            raise diagnosis.missing_right(
                f"issue a certificate at {place}", str(place), "update"
            ) from None
        raise errors.SourceError(
            f"No certificate was asked for at {place}: Vault does not tell what is mounted there"
            f" ({error.status}), and another engine would have overwritten a secret.",
            f"Let GET {mount_table.API_PATH}/{place} reach Vault, where a proxy is in between.",
        ) from None
    if mount.kind == "pki":
        return
    raise errors.SourceError(
        f"No certificate was asked for at {place}: the engine mounted at {mount.path} is"
        f" {mount.kind}, not pki.",
        "Check vault_path, which is the mount of the PKI engine, then issue/ or sign/ with the"
        " role, or set another vault_engine.",
    )


def _fields(
    api_path: str, data: t.Mapping[str, t.Any], answer: t.Mapping[str, t.Any]
) -> fields.Fields:
    """Return the fields, with the chain as one PEM text rather than a list of them."""
    issuers = data.get("ca_chain") or [data.get("issuing_ca") or ""]
    if not str(data["certificate"]).startswith(_PEM):
        return fields.Fields(api_path, data, answer)  # format der, of which no chain can be made
    chain = _pem(*issuers)
    return fields.Fields(
        api_path,
        {**data, "ca_chain": chain, source_check.FULL_CHAIN: _pem(str(data["certificate"]), chain)},
        answer,
    )


def _pem(*parts: str) -> str:
    return "".join(f"{part.strip()}\n" for part in parts if part.strip())


def _refused(error: vault_errors.RefusedError, place: location.Location) -> errors.SourceError:
    if error.status == diagnosis.FORBIDDEN:
        return diagnosis.missing_right(f"issue a certificate at {place}", str(place), "update")
    said = f": {'; '.join(error.errors)}" if error.errors else ""
    return errors.SourceError(
        f"Vault issued no certificate at {place} ({error.status}{said}).",
        "Check vault_path (such as pki/issue/web), vault_params and what the role allows.",
    )
