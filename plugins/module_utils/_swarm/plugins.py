# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker Engine API as far as plugins go: what is installed, and every step of changing it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from .._common import errors
from . import plugin_config

if t.TYPE_CHECKING:
    from .transport import Transport

Document = t.Mapping[str, t.Any]
DISABLED = "already disabled"


class Streams(t.Protocol):
    """What takes long, since an archive or a registry has to do with it: the engine's transport."""

    def stream(
        self,
        method: str,
        path: str,
        params: t.Mapping[str, t.Any] | None = None,
        body: object | None = None,
        *,
        reference: str = "",
    ) -> list[t.Any]:
        """See :meth:`.transport.EngineTransport.stream`."""


@dataclass(frozen=True)
class Plugin:
    """One plugin of an engine.

    :param reference: what a registry gave it under; its own name where it was created in place.
    :param settings: everything that can be set, as it is now.
    """

    id: str
    name: str
    enabled: bool
    reference: str
    config: plugin_config.PluginConfig
    settings: t.Mapping[str, str]

    @property
    def is_from_registry(self) -> bool:
        """Whether a registry gave it, rather than an archive."""
        return bool(self.reference) and self.reference != self.name


class PluginClient:
    """The plugins of one engine.

    :param transport: for what is short; reads are repeated by it.
    :param streams: for what takes long.
    """

    def __init__(self, transport: Transport, streams: Streams) -> None:
        self._transport = transport
        self._streams = streams

    def plugin(self, name: str) -> Plugin | None:
        """Return a plugin, None where there is none of that name."""
        try:
            return parse_plugin(self._transport.call("GET", f"{_path(name)}/json"))
        except errors.DockerNotFoundError:
            return None

    def engine_version(self) -> Document:
        """Return what the engine tells of its version."""
        version: Document = self._transport.call("GET", "/version")
        return version

    def info(self) -> Document:
        """Return what the engine tells of itself."""
        info: Document = self._transport.call("GET", "/info")
        return info

    def media_type(self, reference: str) -> str:
        """Return of which kind that is what a registry has under a reference.

        :raises DockerNotFoundError: nothing.
        :raises DockerError: the engine cannot ask, or must not.
        """
        path = f"/distribution/{quote(reference, safe='/:@')}/json"
        (document,) = self._streams.stream("GET", path, reference=reference)
        return str((document.get("Descriptor") or {}).get("mediaType") or "")

    def pull(self, reference: str, name: str) -> None:
        """Install a plugin from a registry, disabled, with the privileges that it asks for."""
        self._from_registry("/plugins/pull", reference, {"name": name})

    def upgrade(self, name: str, reference: str) -> None:
        """Replace the contents of a disabled plugin; on a failure they stay what they are."""
        self._from_registry(f"{_path(name)}/upgrade", reference, {})

    def create(self, name: str, archive: t.IO[bytes]) -> None:
        """Create a plugin from an archive of ``config.json`` and ``rootfs``, disabled.

        To be called where there is none of that name: an engine that refuses it stops reading, and
        its answer may be lost.
        """
        self._streams.stream("POST", "/plugins/create", {"name": name}, archive)

    def set(self, name: str, settings: t.Mapping[str, str]) -> None:
        """Change settings of a disabled plugin."""
        if settings:
            words = [f"{setting}={value}" for setting, value in settings.items()]
            self._transport.call("POST", f"{_path(name)}/set", None, words)

    def enable(self, name: str, timeout: int) -> None:
        """Start a plugin; returns when its socket can be connected to.

        :param timeout: seconds that the engine's requests to it may take.
        """
        params = {"timeout": str(timeout)}
        self._streams.stream("POST", f"{_path(name)}/enable", params)

    def disable(self, name: str) -> None:
        """Stop a plugin, whoever uses it; one that is stopped already is fine."""
        try:
            self._streams.stream("POST", f"{_path(name)}/disable", {"force": "1"})
        except errors.DockerError as error:
            if DISABLED not in str(error):
                raise

    def remove(self, name: str) -> None:
        """Remove a plugin, enabled or not; one that is gone already is fine."""
        try:
            self._streams.stream("DELETE", _path(name), {"force": "1"})
        except errors.DockerNotFoundError:
            return

    def _from_registry(self, path: str, reference: str, params: t.Mapping[str, str]) -> None:
        remote = {"remote": reference}
        asked = self._streams.stream("GET", "/plugins/privileges", remote, reference=reference)
        privileges = (asked[0] if asked else None) or []
        self._streams.stream("POST", path, {**remote, **params}, privileges, reference=reference)


def parse_plugin(document: Document) -> Plugin:
    """Read ``GET /plugins/{name}/json``."""
    config = plugin_config.parse(document.get("Config") or {})
    told = (document.get("Settings") or {}).get("Env") or ()
    current = dict(entry.partition("=")[::2] for entry in told)
    variables = {name: current.get(name, default) for name, default in config.variables.items()}
    return Plugin(
        id=document.get("Id") or "",
        name=document.get("Name") or "",
        enabled=bool(document.get("Enabled")),
        reference=full_name(document.get("PluginReference") or ""),
        config=config,
        settings={**variables, **config.sources},
    )


def full_name(name: str) -> str:
    """Return a plugin's name as the engine has it, with a tag and without Docker Hub's prefixes.

    As the engine does with the driver of a secret (moby, ``plugin/store.go``).
    """
    for prefix in ("docker.io/", "library/"):
        name = name.removeprefix(prefix)
    last = name.rpartition("/")[2]
    return name if ":" in last or "@" in last else f"{name}:latest"


def _path(name: str) -> str:
    return f"/plugins/{quote(name, safe='/:')}"
