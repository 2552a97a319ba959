# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds out what is mounted where: before a path is written to, and to explain what went wrong."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from ..._common import errors

if t.TYPE_CHECKING:
    from .. import client as vault_client


API_PATH = "sys/internal/ui/mounts"


class Mount(t.NamedTuple):
    """What Vault tells about a mount.

    :param path: its path without slashes at its ends.
    :param kind: ``kv2``, ``kv1`` or the type of the engine, such as ``database``.
    """

    path: str
    kind: str


class Mounts:
    """Asks Vault for what is mounted; any right within a mount is enough to be told of it.

    The requests are those of Vault's own command line and of its web pages
    (https://openbao.org/api-docs/system/internal-ui-mounts/).
    """

    def __init__(self, client: vault_client.VaultClient) -> None:
        self._client = client
        self._listed: tuple[Mount, ...] | None = None

    def at(self, path: str) -> Mount:
        """Ask for the mount that a path lies in.

        :raises RefusedError: the token may do nothing there, or nothing is mounted there.
        :raises SwarmVaultError: Vault cannot be asked.
        """
        data = self._client.read(quote(f"{API_PATH}/{path}")).get("data") or {}
        return _mount(str(data.get("path", "")), data)

    def find(self, path: str) -> Mount | None:
        """Return the mount that a path lies in; None where we may not know. Asks Vault once."""
        if self._listed is None:
            self._listed = self._list()
        return next((one for one in self._listed if f"{path}/".startswith(f"{one.path}/")), None)

    def _list(self) -> tuple[Mount, ...]:
        try:
            data = self._client.read(API_PATH).get("data") or {}
        except errors.SwarmVaultError:
            return ()  # it is the first error that matters to the user
        return tuple(_mount(path, entry) for path, entry in (data.get("secret") or {}).items())


def _mount(path: str, entry: t.Mapping[str, t.Any]) -> Mount:
    kind = str(entry.get("type"))
    if kind in ("kv", "generic"):
        kind = "kv2" if (entry.get("options") or {}).get("version") == "2" else "kv1"
    return Mount(path.strip("/"), kind)
