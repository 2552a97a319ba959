# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds out what is mounted where, to explain why there is nothing at a path."""

from __future__ import annotations

import typing as t

from ..._common.errors import SwarmVaultError

if t.TYPE_CHECKING:
    from ..client import VaultClient


class Mount(t.NamedTuple):
    """What Vault tells about a mount.

    :param path: its path without slashes at its ends.
    :param kind: ``kv2``, ``kv1`` or the type of the engine, such as ``database``.
    """

    path: str
    kind: str


class Mounts:
    """Asks for each mount once.

    The request is the one that Vault's own command line makes before each KV command; any right
    within the mount is enough for it (https://openbao.org/api-docs/system/internal-ui-mounts/).
    """

    def __init__(self, client: VaultClient) -> None:
        self._client = client
        self._known: dict[str, Mount | None] = {}

    def find(self, path: str) -> Mount | None:
        """Return the mount that a path lies in; None where we may not know."""
        if path not in self._known:
            self._known[path] = self._ask(path)
        return self._known[path]

    def _ask(self, path: str) -> Mount | None:
        try:
            data = self._client.request("GET", f"sys/internal/ui/mounts/{path}").get("data") or {}
        except SwarmVaultError:
            return None  # it is the first error that matters to the user
        kind = str(data.get("type"))
        if kind in ("kv", "generic"):
            kind = "kv2" if (data.get("options") or {}).get("version") == "2" else "kv1"
        return Mount(str(data.get("path", "")).strip("/"), kind)
