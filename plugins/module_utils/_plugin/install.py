# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole of a run: observe, plan, apply."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import apply, archives, observe, plan, report, sources
from .model import Action

if t.TYPE_CHECKING:
    from .._common.clock import Clock
    from .._swarm.client import SwarmClient
    from .._swarm.plugin_socket import PluginAnswer
    from .._swarm.plugins import Plugin, PluginClient
    from .model import Plan, Request


@dataclass(frozen=True)
class Tools:
    """What a run works with.

    :param ask: asks a plugin itself.
    """

    client: PluginClient
    swarm: SwarmClient
    store: archives.Store
    ask: t.Callable[[Plugin], PluginAnswer]
    clock: Clock


def install(request: Request, tools: Tools, *, check_mode: bool = False) -> report.Report:
    """Make the plugin what is asked for.

    :raises SwarmVaultError: it cannot be, and what was there was not touched.
    """
    found = observe.observe(request, tools.client, tools.swarm, tools.store)
    made = plan.make(request, found)
    if check_mode:
        return report.Report(request, made, None)
    if isinstance(made.source, sources.Archive):
        tools.store.keep(made.source.path, made.source.digest)
    installer = apply.Installer(request, tools.client, tools.ask, tools.clock)
    outcome = installer.carry_out(made)
    if not outcome.problem and made.action is not Action.UNCHANGED:
        _tidy(made, tools.store)
    return report.Report(request, made, outcome)


def _tidy(made: Plan, store: archives.Store) -> None:
    """Keep what is installed, and what was before."""
    wanted = {one.digest for one in (made.source, made.back) if isinstance(one, sources.Archive)}
    before = made.before.config.fixed.get(archives.MARK) if made.before else None
    if made.action is not Action.REMOVED:
        store.forget(wanted | ({before} if before else set()))
    else:
        store.forget()
