# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is asked for and what there is to what is to be done. Pure."""

from __future__ import annotations

import typing as t

from .._common import errors
from . import settings
from .model import Action, Plan, State

if t.TYPE_CHECKING:
    from .._swarm.plugin_config import PluginConfig
    from .._swarm.plugins import Plugin
    from .model import Observation, Request
    from .sources import Source


def make(request: Request, found: Observation) -> Plan:
    """Say what is to be done.

    :raises InputError: it cannot be, or must not be.
    """
    if request.state is State.ABSENT:
        return _absent(request, found)
    if found.problem:
        raise errors.InputError(
            f"The plugin {request.alias} was not touched: {found.problem}.",
            "Only managers need it: run this on a manager that serves, or set docker_host to one.",
        )
    plan = _present(request, found)
    config = _declared(found)
    if config is not None:
        settings.check(request.settings, config, found.source.told if found.source else "")
    if plan.action is Action.UPGRADED:
        _check_way_back(request, found)
    return plan


def _absent(request: Request, found: Observation) -> Plan:
    if found.problem and not found.no_manager:
        raise errors.InputError(
            f"The plugin {request.alias} was not removed: {found.problem}, so that nobody can tell "
            "who uses it.",
            "Run this again when the node serves as a manager.",
        )
    if found.plugin is None:
        return Plan(Action.UNCHANGED, None, found.has_trial)
    if found.users:
        told = "; ".join(
            f"{one.secret} (used by {', '.join(one.services) if one.services else 'no service'})"
            for one in found.users
        )
        raise errors.InputError(
            f"The plugin {request.alias} was not removed: it gives the values of these Swarm "
            f"secrets: {told}. Their tasks could not be started any more.",
            "Give the services other secrets and remove these first ('docker secret rm').",
        )
    return Plan(Action.REMOVED, found.plugin, found.has_trial)


def _present(request: Request, found: Observation) -> Plan:
    plugin = found.plugin
    if plugin is None or not found.same:
        action = Action.INSTALLED if plugin is None else Action.UPGRADED
        planned = dict(request.settings)
        return Plan(action, plugin, found.has_trial, found.source, found.back, planned)
    wanted = {**_defaults(found.source, plugin), **request.settings}
    changed = {name for name, value in wanted.items() if plugin.settings.get(name) != value}
    action = Action.UNCHANGED if plugin.enabled else Action.ENABLED
    if changed:
        action = Action.RECONFIGURED
    return Plan(action, plugin, found.has_trial, found.source, found.source, wanted)


def _defaults(source: Source | None, plugin: Plugin) -> dict[str, str]:
    """Return the defaults of an installed plugin: its archive knows also those of mounts."""
    config = source.config if source else None
    if config is not None:
        return settings.defaults(config, is_new=True)
    return settings.defaults(plugin.config, is_new=False)


def _declared(found: Observation) -> PluginConfig | None:
    """Return what the wanted plugin declares, None where only installing it tells."""
    if found.source and found.source.config is not None:
        return found.source.config
    return found.plugin.config if found.plugin and found.same else None


def _check_way_back(request: Request, found: Observation) -> None:
    """Refuse to replace a running plugin that could not be brought back.

    :raises InputError: it could not, and that is not what was asked for.
    """
    if found.back is not None or request.force or not (found.plugin and found.plugin.enabled):
        return
    raise errors.InputError(
        f"The plugin {request.alias} was not touched: {found.back_problem}, so that it could not be "
        "brought back if the new one did not work.",
        "Correct that, or set force to go on even so.",
    )
