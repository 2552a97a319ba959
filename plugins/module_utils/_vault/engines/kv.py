# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""KV version 2: versions by metadata alone, data pinned to a version.

API: https://openbao.org/api-docs/secret/kv/kv-v2/
"""

from __future__ import annotations

import typing as t

from ..._common import errors, times
from .. import errors as vault_errors
from .. import source

if t.TYPE_CHECKING:
    from datetime import datetime

    from .. import client as vault_client
    from .. import fields
    from . import location
    from . import mounts as mount_table

_NOTHING_TOUCHED = "Nothing is touched"


def read_metadata(
    client: vault_client.VaultClient, place: location.Location, mounts: mount_table.Mounts
) -> dict[str, t.Any]:
    """Read what is known of all versions at a place, without their data.

    :raises SourceError: there is nothing, or it may not be read.
    """
    api_path = f"{place.mount}/metadata/{place.path}"
    try:
        answer = client.repeatable.secrets.kv.v2.read_secret_metadata(
            place.path, mount_point=place.mount
        )
    except vault_errors.RefusedError as error:
        from . import diagnosis

        raise diagnosis.explain(error, place, api_path, "metadata", mounts) from None
    data = answer.get("data")
    if not isinstance(data, dict) or "versions" not in data:
        raise errors.SourceError(
            f"The answer for {place} is not the metadata of KV version 2.",
            "Check vault_engine and vault_mount.",
        )
    return data


def version_in(
    metadata: t.Mapping[str, t.Any], place: location.Location, pinned: int | None, now: datetime
) -> source.SourceVersion:
    """Return the version to use.

    :param metadata: as read by :func:`read_metadata`.
    :param pinned: the version to stay at; None: the current one.
    :param now: aware; a version may be set to be deleted in the future.
    :raises SourceError: that version is not there, deleted or destroyed.
    """
    number = int(metadata.get("current_version") or 0) if pinned is None else pinned
    if number == 0:
        raise errors.SourceError(
            f"{place} has metadata in Vault but no version yet. {_NOTHING_TOUCHED}.",
            "Write a value to it.",
        )
    versions = metadata["versions"] or {}
    version = versions.get(str(number))
    if version is None:
        raise errors.SourceError(
            f"{place} has no version {number} in Vault. {_NOTHING_TOUCHED}.",
            f"It has {_listed(versions)}; older ones may have been dropped by max_versions.",
        )
    _check_alive(version, place, number, now)
    custom = metadata.get("custom_metadata") or {}
    return source.SourceVersion(number, version.get("created_time"), custom)


def read_data(
    client: vault_client.VaultClient,
    place: location.Location,
    number: int | None,
    mounts: mount_table.Mounts,
) -> fields.Fields:
    """Read the data of one version.

    :param number: the version; None: the current one.
    :raises SourceError: it is not there, deleted, destroyed, or may not be read.
    """
    api_path = f"{place.mount}/data/{place.path}"
    try:
        answer = client.repeatable.secrets.kv.v2.read_secret_version(
            place.path, number, place.mount, raise_on_deleted_version=True
        )
    except vault_errors.RefusedError as error:
        gone = t.cast("dict[str, t.Any]", error.body.get("data") or {}).get("metadata")
        if gone:  # the answer to a deleted version is a 404 with its metadata
            raise _deleted(gone, place, int(gone.get("version") or 0)) from None
        from . import diagnosis

        raise diagnosis.explain(error, place, api_path, "data", mounts) from None
    data = (answer.get("data") or {}).get("data")
    if not isinstance(data, dict):
        raise errors.SourceError(
            f"The answer for {place} is not the data of KV version 2.",
            "Check vault_engine and vault_mount.",
        )
    from .. import fields

    return fields.Fields(str(place), data, answer)


def _check_alive(
    version: t.Mapping[str, t.Any], place: location.Location, number: int, now: datetime
) -> None:
    deleted = version.get("deletion_time")
    if version.get("destroyed") or (deleted and times.parse_time(deleted) <= now):
        raise _deleted(version, place, number)


def _deleted(
    version: t.Mapping[str, t.Any], place: location.Location, number: int
) -> errors.SourceError:
    if version.get("destroyed"):
        return errors.SourceError(
            f"Version {number} of {place} is destroyed in Vault. {_NOTHING_TOUCHED}.",
            "Write a new version.",
        )
    return errors.SourceError(
        f"Version {number} of {place} was deleted in Vault at {version.get('deletion_time')}."
        f" {_NOTHING_TOUCHED}.",
        "Undelete that version or write a new one.",
    )


def _listed(versions: t.Mapping[str, t.Any]) -> str:
    numbers = sorted(int(number) for number in versions)
    return f"versions {numbers[0]} to {numbers[-1]}" if numbers else "no versions"
