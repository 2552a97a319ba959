# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is: the engine, its node, the plugin, who uses it, and what could be gone back to."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._common import errors
from .._swarm import plugins
from . import archives, sources
from .model import Observation, Request, State, User

if t.TYPE_CHECKING:
    from .._swarm.client import SwarmClient
    from .._swarm.plugins import Plugin, PluginClient

OLDEST_API = (1, 41)
"""Engine 20.10: the oldest that the collection, and its plugin, are tested with."""

_LISTS = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
)
#: What a registry says of what is not there: some tell nobody so who has no right to read it.
_MISSING = (401, 403, 404)


def observe(
    request: Request, client: PluginClient, swarm: SwarmClient, store: archives.Store
) -> Observation:
    """Look; nothing is changed.

    :raises InputError: the archive is none, or the engine too old.
    :raises DockerError: the engine or the registry refuses.
    """
    version = client.engine_version()
    _check_engine(version)
    plugin = client.plugin(request.alias)
    has_trial = client.plugin(request.trial) is not None
    state = swarm.manager_state()
    if state.problem:
        problem = f"{state.node or 'its node'} is no manager that serves, {state.problem}"
        return Observation(problem, plugin, has_trial, no_manager=_is_no_manager(client))
    if request.state is State.ABSENT:
        users = users_of(request.alias, swarm) if plugin else ()
        return Observation("", plugin, has_trial, users=users)
    source = _wanted(request, client, plugin, str(version.get("Arch") or ""))
    same = plugin is not None and source.is_of(plugin)
    back, problem = (None, "") if same or plugin is None else way_back(plugin, client, store)
    return Observation(
        "", plugin, has_trial, source=source, same=same, back=back, back_problem=problem
    )


def _check_engine(version: t.Mapping[str, t.Any]) -> None:
    api = tuple(int(part) for part in str(version.get("ApiVersion")).split(".") if part.isdigit())
    if api < OLDEST_API:
        raise errors.InputError(
            f"The engine {version.get('Version')} is too old for the plugin: it speaks version "
            f"{version.get('ApiVersion')} of the Docker API.",
            "Upgrade it to Docker Engine 20.10 or newer.",
        )


def _is_no_manager(client: PluginClient) -> bool:
    """Tell whether the node has no say in the Swarm, so that nobody can ask its plugin."""
    swarm = client.info().get("Swarm") or {}
    state = swarm.get("LocalNodeState") or "inactive"
    return state == "inactive" or (state == "active" and not swarm.get("ControlAvailable"))


def users_of(alias: str, swarm: SwarmClient) -> tuple[User, ...]:
    """Return the secrets whose values a plugin gives, and the services that have them."""
    driven = {
        secret.id: secret.name
        for secret in swarm.secrets()
        if secret.driver and plugins.full_name(secret.driver) == alias
    }
    services: dict[str, set[str]] = {secret: set() for secret in driven}
    for service in swarm.services() if driven else ():
        for one in service.references:
            if one.secret_id in driven:
                services[one.secret_id].add(service.name)
    return tuple(
        User(name, tuple(sorted(services[identity])))
        for identity, name in sorted(driven.items(), key=lambda item: item[1])
    )


# -- where it comes from --------------------------------------------------------------------------


def _wanted(
    request: Request, client: PluginClient, plugin: Plugin | None, architecture: str
) -> sources.Source:
    if request.archive:
        path = Path(request.archive)
        digest = archives.digest(path)
        return sources.Archive(path, digest, archives.read_config(path))
    names = names_of(request.reference, architecture)
    if plugin is not None and plugin.is_from_registry and plugin.reference in names:
        return sources.Registry(plugin.reference, names)
    return sources.Registry(_resolve(names, client), names)


def names_of(reference: str, architecture: str) -> tuple[str, ...]:
    """Return what a reference may be found under, the best first.

    A plugin is for one architecture, and no manifest list can hold any: those of several
    architectures have tags of their own, NAME:TAG-ARCHITECTURE.
    """
    name = plugins.full_name(reference)
    if not architecture or "@" in name or name.endswith(f"-{architecture}"):
        return (name,)
    return (f"{name}-{architecture}", name)


def _resolve(names: t.Sequence[str], client: PluginClient) -> str:
    """Return the first that the registry has.

    :raises InputError: it has a manifest list.
    :raises DockerError: it has none, or cannot be asked.
    """
    for name in names[:-1]:
        try:
            _check_kind(name, client)
        except errors.DockerError as error:
            if error.status not in _MISSING:
                raise
        else:
            return name
    _check_kind(names[-1], client)
    return names[-1]


def _check_kind(reference: str, client: PluginClient) -> None:
    try:
        kind = client.media_type(reference)
    except errors.DockerNotFoundError as error:
        raise errors.DockerNotFoundError(
            f"The registry has no plugin {reference}.",
            "Check the reference, and push it there: 'docker plugin push'.",
            status=error.status,
        ) from error
    if kind in _LISTS:
        raise errors.InputError(
            f"{reference} is a manifest list, which cannot hold plugins.",
            "Push the plugin of each architecture under a tag of its own, such as TAG-amd64: it is "
            "found by that.",
        )


def way_back(
    plugin: Plugin, client: PluginClient, store: archives.Store
) -> tuple[sources.Source | None, str]:
    """Return what an installed plugin could be installed from again, or why it could not."""
    mark = plugin.config.fixed.get(archives.MARK)
    if mark:
        kept = store.find(mark)
        if kept is None:
            return None, f"the archive that it was installed from ({mark}) is not kept here"
        return sources.Archive(kept, mark, archives.read_config(kept)), ""
    if plugin.is_from_registry:
        try:
            _check_kind(plugin.reference, client)
        except errors.SwarmVaultError as error:
            return None, f"{plugin.reference}, which is installed, cannot be had again: {error}"
        return sources.Registry(plugin.reference, (plugin.reference,)), ""
    return None, "nothing tells what is installed was created from"
