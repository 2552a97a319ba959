# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for, what there is, and what is to be done: data only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._common import words

if t.TYPE_CHECKING:
    from .._swarm.plugins import Plugin
    from .sources import Source

TRIAL_SUFFIX = "-trial"
"""Added to the name of a plugin for one that is only tried."""


class State(words.Word):
    """What is wanted."""

    PRESENT = "present"
    ABSENT = "absent"


class Action(words.Word):
    """What a run does, in the words of the return value."""

    INSTALLED = "installed"
    UPGRADED = "upgraded"
    RECONFIGURED = "reconfigured"
    ENABLED = "enabled"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclass(frozen=True)
class Request:
    """What is asked for.

    :param alias: full name of the plugin.
    :param reference: what to install it from; empty where an archive is given, or it is to be absent.
    :param archive: path of the archive to install it from.
    :param settings: the whole of what is to be set.
    :param enable_timeout: seconds that a request of the engine to the plugin may take.
    :param wait_timeout: seconds in which the plugin has to answer.
    :param force: go on where there would be no way back.
    """

    alias: str
    state: State
    reference: str = ""
    archive: str = ""
    settings: t.Mapping[str, str] = field(default_factory=dict)
    enable_timeout: int = 30
    wait_timeout: int = 60
    force: bool = False

    @property
    def trial(self) -> str:
        """Name of a plugin that is only tried."""
        name, _colon, tag = self.alias.rpartition(":")
        return f"{name}{TRIAL_SUFFIX}:{tag}"


@dataclass(frozen=True)
class User:
    """A Swarm secret whose values the plugin gives, and the services that have it."""

    secret: str
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observation:
    """What there is.

    :param problem: why the node is no manager that serves; empty where it is one.
    :param plugin: what is installed under the name.
    :param has_trial: whether a run that was broken off has left what it tried.
    :param no_manager: whether the problem is that it is none, rather than that something is wrong.
    :param source: what it is to be installed from; None where it is to be absent.
    :param same: whether what is installed is what is wanted, whatever its settings.
    :param back: from what it could be installed again; None: nothing is known of that.
    :param users: who uses it, where that matters.
    """

    problem: str
    plugin: Plugin | None
    has_trial: bool
    no_manager: bool = False
    source: Source | None = None
    same: bool = False
    back: Source | None = None
    back_problem: str = ""
    users: tuple[User, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    :param before: what is installed now.
    :param source: what is to be installed.
    :param back: from what it would be installed again.
    :param settings: what is to be set in the end, by name, as far as that is known before.
    """

    action: Action
    before: Plugin | None
    has_trial: bool = False
    source: Source | None = None
    back: Source | None = None
    settings: t.Mapping[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether anything is done."""
        return self.action is not Action.UNCHANGED or self.has_trial
