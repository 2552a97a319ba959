# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads from one Vault for one rotation, and logs in only where there is something to read."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack

from swarmvault_core._common import errors
from swarmvault_core._vault import connection as vault

if t.TYPE_CHECKING:
    from types import TracebackType

    from swarmvault_core._vault.source import (
        SourceReader,
        SourceValue,
        SourceVersion,
        VaultSource,
    )

    from .settings import Connection


@t.final
class LazyReader:
    """Implements the core's ``SourceReader``.

    Where it cannot log in, as with credentials that are not there yet, every source has that error:
    a run then leaves its secrets as they are. A Vault that no secret names is not even asked.

    :param connection: the Vault; its credentials are read when they are needed.
    :param max_parallel: how many requests are under way at most.
    """

    def __init__(self, connection: Connection, max_parallel: int) -> None:
        self._connection = connection
        self._max_parallel = max_parallel
        self._stack = ExitStack()
        self._reader: SourceReader | None = None

    def __enter__(self) -> LazyReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def versions(
        self, sources: t.Iterable[VaultSource]
    ) -> dict[VaultSource, SourceVersion | Exception]:
        """See ``SourceReader.versions``."""
        wanted = list(sources)
        if not wanted:
            return {}
        try:
            return self._connected().versions(wanted)
        except errors.SwarmVaultError as error:
            return dict.fromkeys(wanted, error)

    def values(
        self, sources: t.Mapping[VaultSource, SourceVersion]
    ) -> dict[VaultSource, SourceValue | Exception]:
        """See ``SourceReader.values``."""
        if not sources:
            return {}
        try:
            return self._connected().values(sources)
        except errors.SwarmVaultError as error:
            return dict.fromkeys(sources, error)

    def held_leases(self) -> frozenset[str]:
        """See ``SourceReader.held_leases``."""
        return self._reader.held_leases() if self._reader else frozenset()

    def revoke(self, lease_ids: t.Collection[str]) -> dict[str, Exception | None]:
        """See ``SourceReader.revoke``."""
        try:
            return self._connected().revoke(lease_ids)
        except errors.SwarmVaultError as error:
            return dict.fromkeys(lease_ids, error)

    def _connected(self) -> SourceReader:
        if self._reader is None:
            options = self._connection.options()
            self._reader = self._stack.enter_context(vault.connect(options, self._max_parallel))
        return self._reader
