# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads many sources with as few requests as there are paths."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

from .._common import errors
from . import parallel, source_check
from . import source as vault_source
from .engines import kv, location, mounts, own_mounts

if t.TYPE_CHECKING:
    from types import TracebackType

    from . import client as vault_client
    from . import validity
    from .fields import Fields

_Place = tuple[location.Location, t.Optional[int]]
#: The fields at a place, and how long they are good for, where they end.
Reading = tuple["Fields", t.Optional["validity.Validity"]]


def read_place(
    client: vault_client.VaultClient,
    known: mounts.Mounts,
    place: location.Location,
    number: int | None = None,
) -> Reading:
    """Read what is at a place, with one request for most engines.

    :param known: what the client may know of what is mounted.
    :param number: the version of ``kv2``; None: the current one.
    :raises SourceError: it is not there, or may not be read.
    """
    own_mounts.check_mount(place, known)
    if place.engine == "kv2":
        return kv.read_data(client, place, number, known), None
    if place.engine == "pki":
        from .engines import pki

        return pki.issue(client, place, known)
    from .engines import generic

    if place.engine == "kv1":
        return generic.read_kv1(client, place, known), None
    return generic.read_data(client, place, known)


@t.final
class VaultReader:
    """Implements ``SourceReader``; owns its client and closes it.

    :param client: asks Vault.
    :param max_parallel: how many reads are under way at most.
    """

    def __init__(self, client: vault_client.VaultClient, max_parallel: int = 8) -> None:
        self._client = client
        self._max_parallel = max_parallel
        self._mounts = mounts.Mounts(client)

    def __enter__(self) -> VaultReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the client holds."""
        self._client.close()

    def versions(
        self, sources: t.Iterable[vault_source.VaultSource]
    ) -> dict[vault_source.VaultSource, vault_source.SourceVersion | Exception]:
        """Tell the version of each source; ``kv2`` by metadata alone, others without any I/O."""
        places = {source: _located(source) for source in sources}
        wanted = _distinct(
            place for place in places.values() if isinstance(place, location.Location)
        )
        metadata = parallel.fetch_all(
            [place for place in wanted if place.engine == "kv2"],
            self._read_metadata,
            self._max_parallel,
        )
        now = datetime.now(timezone.utc)
        return {source: _version(source, place, metadata, now) for source, place in places.items()}

    def values(
        self, sources: t.Mapping[vault_source.VaultSource, vault_source.SourceVersion]
    ) -> dict[vault_source.VaultSource, vault_source.SourceValue | Exception]:
        """Read the value of each source at the version given (``kv2``) or as it is now."""
        places = {source: _located(source) for source in sources}
        reads: dict[vault_source.VaultSource, _Place] = {
            source: (place, sources[source].number if place.engine == "kv2" else None)
            for source, place in places.items()
            if isinstance(place, location.Location)
        }
        fields = parallel.fetch_all(_distinct(reads.values()), self._read, self._max_parallel)
        return {
            source: place
            if isinstance(place, errors.SwarmVaultError)
            else _value(source, sources[source], fields[reads[source]])
            for source, place in places.items()
        }

    def held_leases(self) -> frozenset[str]:
        """Tell which leases the reads have taken that were not revoked since."""
        return self._client.held_leases

    def revoke(self, lease_ids: t.Collection[str]) -> dict[str, Exception | None]:
        """End leases; tells for each why that could not be, or None."""
        from .engines import leases

        ended = parallel.fetch_all(
            _distinct(lease_ids),
            lambda lease_id: leases.revoke(self._client, lease_id),
            self._max_parallel,
        )
        return dict(ended)

    def _read_metadata(self, place: location.Location) -> dict[str, t.Any]:
        own_mounts.check_mount(place, self._mounts)
        return kv.read_metadata(self._client, place, self._mounts)

    def _read(self, read: _Place) -> Reading:
        place, number = read
        return read_place(self._client, self._mounts, place, number)


_Item = t.TypeVar("_Item", bound=t.Hashable)


def _distinct(items: t.Iterable[_Item]) -> list[_Item]:
    """Return each item once, in the order of its first appearance."""
    return list(dict.fromkeys(items))


def _located(source: vault_source.VaultSource) -> location.Location | errors.SwarmVaultError:
    try:
        place = location.locate(source)
    except errors.InputError as error:
        return error
    problems = list(source_check.source_problems(source))
    if problems:
        return errors.InputError(f"{source.location} cannot be read: {'; '.join(problems)}.")
    return place


def _version(
    source: vault_source.VaultSource,
    place: location.Location | errors.SwarmVaultError,
    metadata: t.Mapping[location.Location, dict[str, t.Any] | errors.SwarmVaultError],
    now: datetime,
) -> vault_source.SourceVersion | errors.SwarmVaultError:
    if isinstance(place, errors.SwarmVaultError):
        return place
    if place.engine != "kv2":
        return vault_source.SourceVersion(None)
    found = metadata[place]
    if isinstance(found, errors.SwarmVaultError):
        return found
    try:
        return kv.version_in(found, place, source.version, now)
    except errors.SwarmVaultError as error:
        return error


def _value(
    source: vault_source.VaultSource,
    version: vault_source.SourceVersion,
    found: tuple[Fields, validity.Validity | None] | errors.SwarmVaultError,
) -> vault_source.SourceValue | errors.SwarmVaultError:
    if isinstance(found, errors.SwarmVaultError):
        return found
    fields, term = found
    try:
        return vault_source.SourceValue(fields.value(source.field, source.format), version, term)
    except errors.SwarmVaultError as error:
        return error
