# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Docker plugin declares, in an archive's ``config.json`` or as an engine tells it. Pure.

An engine keeps the values of environment variables apart from what the plugin declares. It has only
one place for the source of a mount: what was set takes the place of what is declared, and only that
is mounted, whatever it shows as set (moby, ``plugin/v2/plugin.go``, Set, and
``plugin_linux.go``, InitSpec; seen on 20.10 and 28.5 after an upgrade).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Document = t.Mapping[str, t.Any]

INTERFACE = "docker.secretprovider/1.0"


@dataclass(frozen=True)
class PluginConfig:
    """What a plugin declares.

    :param variables: environment variables that can be set, with their defaults.
    :param sources: mounts and devices that can be set, as ``NAME.source`` and ``NAME.path``, with
        what is mounted.
    :param fixed: environment variables that cannot be set, with their values.
    :param types: which interfaces it has.
    :param socket: name of its socket.
    """

    variables: t.Mapping[str, str]
    sources: t.Mapping[str, str]
    fixed: t.Mapping[str, str]
    types: tuple[str, ...]
    socket: str

    @property
    def settings(self) -> frozenset[str]:
        """Names of everything that can be set."""
        return frozenset((*self.variables, *self.sources))


def parse(document: Document) -> PluginConfig:
    """Read a configuration, with names in any case, as the engine does."""
    config = _lower(document)
    interface = _lower(config.get("interface") or {})
    variables: dict[str, str] = {}
    fixed: dict[str, str] = {}
    for entry in _entries(config.get("env")):
        target = variables if "value" in (entry.get("settable") or ()) else fixed
        target[entry["name"]] = entry.get("value") or ""
    return PluginConfig(
        variables=variables,
        sources={
            **_sources(config.get("mounts"), "source"),
            **_sources(_lower(config.get("linux") or {}).get("devices"), "path"),
        },
        fixed=fixed,
        types=tuple(_type(one) for one in interface.get("types") or ()),
        socket=interface.get("socket") or "",
    )


def _type(told: str | Document) -> str:
    """Return an interface's type, which engines tell in parts."""
    if isinstance(told, str):
        return told
    parts = _lower(told)
    return f"{parts.get('prefix')}.{parts.get('capability')}/{parts.get('version')}"


def _sources(entries: t.Any, field: str) -> dict[str, str]:
    return {
        f"{entry['name']}.{field}": entry.get(field) or ""
        for entry in _entries(entries)
        if entry.get("name") and field in (entry.get("settable") or ())
    }


def _entries(found: t.Any) -> list[dict[str, t.Any]]:
    return [_lower(entry) for entry in found or ()]


def _lower(document: Document) -> dict[str, t.Any]:
    return {name.lower(): value for name, value in document.items()}
