# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries a plan out, one call after the other, and goes back where the new one does not work.

A run can be broken off between any two calls. What it leaves is what the next one finds and finishes:
a plugin that is disabled, or none, or one that was only tried.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._common import errors
from .._swarm.plugin_socket import PluginAnswer
from . import settings
from .model import Action

if t.TYPE_CHECKING:
    from .._common.clock import Clock
    from .._swarm.plugins import Plugin, PluginClient
    from .model import Plan, Request
    from .sources import Source

PAUSE = 0.25
#: Seconds in which a plugin has to know whether it can log in: its requests to Vault take 8 at most.
_LOGIN_SECONDS = 10.0
_IS_DISABLED = PluginAnswer(answers=False, problem="the engine has it as disabled")
_LEFT_OVER = "already in use"
"""An engine 20.10 keeps what is left of a plugin that ended while it was being enabled, and then does
not start that one any more: only a new one."""

_SEE_LOG = (
    "The plugin's own words are in the engine's log ('journalctl -u docker', lines with plugin=)."
)


@dataclass(frozen=True)
class Outcome:
    """What came of a plan.

    :param plugin: what is installed in the end.
    :param answer: what it says of itself; None where nothing was started.
    :param problem: what went wrong, where the one before runs again or nothing was to be had of it.
    :param restored: whether the one before runs again.
    """

    plugin: Plugin | None
    answer: PluginAnswer | None = None
    problem: str = ""
    restored: bool = False


class Installer:
    """Does what a plan says.

    :param ask: asks a plugin itself.
    """

    def __init__(
        self,
        request: Request,
        client: PluginClient,
        ask: t.Callable[[Plugin], PluginAnswer],
        clock: Clock,
    ) -> None:
        self._request = request
        self._client = client
        self._ask = ask
        self._clock = clock
        self._alias = request.alias

    def carry_out(self, plan: Plan) -> Outcome:
        """Do it.

        :raises SwarmVaultError: it failed, and what was there before was not touched.
        """
        if plan.has_trial:
            self._client.remove(self._request.trial)
        work = {
            Action.INSTALLED: self._install,
            Action.UPGRADED: self._upgrade,
            Action.RECONFIGURED: self._reconfigure,
            Action.ENABLED: self._enable,
            Action.REMOVED: self._remove,
        }.get(plan.action)
        return work(plan) if work else Outcome(plan.before)

    def _install(self, plan: Plan) -> Outcome:
        source = _known(plan.source)
        source.put(self._client, self._alias)
        try:
            return self._start(self._alias, self._fresh(self._alias, source))
        except errors.SwarmVaultError:
            self._client.remove(self._alias)
            raise

    def _enable(self, plan: Plan) -> Outcome:
        return self._start_or_renew(_known(plan.source), plan.settings)

    def _remove(self, plan: Plan) -> Outcome:
        self._client.disable(plan.before.name if plan.before else self._alias)
        self._client.remove(self._alias)
        return Outcome(None)

    # -- what replaces something that runs --------------------------------------------------------

    def _upgrade(self, plan: Plan) -> Outcome:
        source = _known(plan.source)
        try:
            self._try(source, lambda name: self._fresh(name, source))
            try:
                self._client.disable(self._alias)
                source.replace(self._client, self._alias)
                return self._start_or_renew(source, self._fresh(self._alias, source))
            except errors.SwarmVaultError as error:
                return self._go_back(plan, error)
        finally:
            self._client.remove(self._request.trial)

    def _reconfigure(self, plan: Plan) -> Outcome:
        try:
            self._try(_known(plan.source), lambda _name: plan.settings, must=False)
        finally:
            self._client.remove(self._request.trial)
        try:
            self._client.disable(self._alias)
            return self._start(self._alias, plan.settings)
        except errors.SwarmVaultError as error:
            return self._go_back(plan, error)

    def _try(
        self,
        source: Source,
        wanted: t.Callable[[str], t.Mapping[str, str]],
        *,
        must: bool = True,
    ) -> None:
        """Start the new one under a name of its own, and stop it again.

        :param wanted: returns the settings, once it is there.
        :param must: whether it has to be had for that.
        :raises SwarmVaultError: it does not work; what runs was not touched.
        """
        name = self._request.trial
        try:
            source.put(self._client, name, trial=True)
        except errors.DockerError:
            if must:
                raise
            return
        try:
            self._start(name, settings.for_trial(wanted(name)))
        except errors.InputError:
            raise
        except errors.SwarmVaultError as error:
            raise errors.DockerError(
                f"The plugin {self._alias} was not touched: tried under the name {name}, {source.told}"
                f" with these settings does not work. {error.message}",
                error.remedy or _SEE_LOG,
            ) from error
        self._client.disable(name)

    def _go_back(self, plan: Plan, error: errors.SwarmVaultError) -> Outcome:
        """Bring back what was there before.

        :param error: why.
        """
        before = t.cast("Plugin", plan.before)
        what = f"The settings of the plugin {self._alias} could not be changed"
        if plan.action is Action.UPGRADED:
            what = f"The plugin {self._alias} could not be replaced with {_known(plan.source).told}"
        try:
            outcome = self._bring_back(before, plan.back)
        except errors.SwarmVaultError as worse:
            problem = (
                f"{what}: {error.message} What was there before could not be brought back: {worse} "
                "Run this again."
            )
            return Outcome(self._client.plugin(self._alias), problem=problem)
        problem = (
            f"{what}: {error.message} What was there before ({_version(before)}) runs again, with "
            f"its settings. {error.remedy or _SEE_LOG}"
        )
        return Outcome(outcome.plugin, outcome.answer, problem, restored=True)

    def _bring_back(self, before: Plugin, back: Source | None) -> Outcome:
        now = self._client.plugin(self._alias)
        if now is not None and (now.id, now.reference) == (before.id, before.reference):
            try:
                self._client.disable(self._alias)
                return self._start(self._alias, before.settings)
            except errors.SwarmVaultError:
                if back is None:
                    raise
        if back is None:
            raise errors.DockerError("Nothing is known of what it was installed from.")
        return self._anew(back, before.settings)

    # -- the steps --------------------------------------------------------------------------------

    def _start_or_renew(self, source: Source, wanted: t.Mapping[str, str]) -> Outcome:
        """Start what is there, or the same anew where the engine cannot start it any more."""
        try:
            return self._start(self._alias, wanted)
        except errors.DockerError as error:
            if _LEFT_OVER not in str(error):
                raise
        return self._anew(source, wanted)

    def _anew(self, source: Source, wanted: t.Mapping[str, str]) -> Outcome:
        self._client.remove(self._request.trial)
        self._client.remove(self._alias)
        source.put(self._client, self._alias)
        return self._start(self._alias, wanted)

    def _fresh(self, name: str, source: Source) -> dict[str, str]:
        """Return all settings of a plugin that was just put there.

        :raises InputError: it does not declare some of those that are wanted.
        """
        plugin = self._plugin(name)
        settings.check(self._request.settings, plugin.config, source.told)
        return {**settings.defaults(plugin.config, is_new=True), **self._request.settings}

    def _start(self, name: str, wanted: t.Mapping[str, str]) -> Outcome:
        """Set and enable a plugin, and wait until it answers."""
        plugin = self._plugin(name)
        # Mounts as well: what is shown of them need not be what is mounted.
        changed = {
            setting: value
            for setting, value in wanted.items()
            if plugin.settings.get(setting) != value or setting in plugin.config.sources
        }
        self._client.set(name, changed)
        self._client.enable(name, self._request.enable_timeout)
        return self._wait(name)

    def _wait(self, name: str) -> Outcome:
        """Return once the plugin answers, and knows whether it can log in to Vault.

        The latter is waited for only a while: it is no condition, but worth a warning. A trial does
        not log in.

        :raises DockerError: it does not answer in time.
        """
        begun = self._clock.monotonic()
        end = begun + self._request.wait_timeout
        logs_in = name != self._request.trial
        patience = begun + (min(_LOGIN_SECONDS, self._request.wait_timeout) if logs_in else 0)
        while True:
            plugin = self._plugin(name)
            answer = self._ask(plugin) if plugin.enabled else _IS_DISABLED
            now = self._clock.monotonic()
            if answer.answers is not False and not (answer.is_starting and now < patience):
                return Outcome(plugin, answer)
            if now >= end:
                raise errors.DockerError(
                    f"The plugin {name} was enabled, and does not answer within "
                    f"{self._request.wait_timeout} s: {answer.problem}.",
                    _SEE_LOG,
                )
            self._clock.sleep(PAUSE)

    def _plugin(self, name: str) -> Plugin:
        plugin = self._client.plugin(name)
        if plugin is None:
            raise errors.DockerError(f"The plugin {name} is gone.", "Somebody else removed it.")
        return plugin


def _known(source: Source | None) -> Source:
    return t.cast("Source", source)  # every plan that installs has one


def _version(plugin: Plugin) -> str:
    return plugin.reference if plugin.is_from_registry else f"ID {plugin.id[:12]}"
