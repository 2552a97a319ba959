# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plugin is installed from: a reference in a registry, or an archive on this host."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import archives

if t.TYPE_CHECKING:
    from pathlib import Path

    from .._swarm.plugin_config import PluginConfig
    from .._swarm.plugins import Plugin, PluginClient


class Source(t.Protocol):
    """Where a plugin comes from."""

    @property
    def told(self) -> str:
        """How it is called in messages."""

    @property
    def config(self) -> PluginConfig | None:
        """What it declares, where that is known without installing it."""

    def is_of(self, plugin: Plugin) -> bool:
        """Tell whether a plugin was installed from it."""

    def put(self, client: PluginClient, name: str, *, trial: bool = False) -> None:
        """Install it under a name, disabled."""

    def replace(self, client: PluginClient, name: str) -> None:
        """Install it in the place of a plugin that is disabled."""


@dataclass(frozen=True)
class Registry:
    """A reference in a registry.

    :param reference: what was asked for.
    :param names: what it may be found under, the best first.
    """

    reference: str
    names: tuple[str, ...]

    @property
    def told(self) -> str:
        """See :class:`Source`."""
        return self.reference

    @property
    def config(self) -> PluginConfig | None:
        """See :class:`Source`."""
        return None

    def is_of(self, plugin: Plugin) -> bool:
        """See :class:`Source`."""
        return plugin.is_from_registry and plugin.reference in self.names

    def put(self, client: PluginClient, name: str, *, trial: bool = False) -> None:
        """See :class:`Source`."""
        del trial  # a registry's contents may have as many names as one likes
        client.pull(self.reference, name)

    def replace(self, client: PluginClient, name: str) -> None:
        """See :class:`Source`."""
        client.upgrade(name, self.reference)


@dataclass(frozen=True)
class Archive:
    """An archive on this host.

    :param digest: of the file, sha256:HEX.
    """

    path: Path
    digest: str
    config: PluginConfig

    @property
    def told(self) -> str:
        """See :class:`Source`."""
        return f"{self.path} ({self.digest[:19]})"

    def is_of(self, plugin: Plugin) -> bool:
        """See :class:`Source`."""
        return plugin.config.fixed.get(archives.MARK) == self.digest

    def put(self, client: PluginClient, name: str, *, trial: bool = False) -> None:
        """See :class:`Source`."""
        with archives.marked(self.path, self.digest, trial=trial) as file:
            client.create(name, file)

    def replace(self, client: PluginClient, name: str) -> None:
        """See :class:`Source`."""
        with archives.marked(self.path, self.digest) as file:
            client.remove(name)
            client.create(name, file)
