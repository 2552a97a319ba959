# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run tells: what was done, before and after; never a value that may be secret."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import archives, settings
from .model import Action

if t.TYPE_CHECKING:
    from .._swarm.plugins import Plugin
    from .apply import Outcome
    from .model import Plan, Request


@dataclass(frozen=True)
class Report:
    """The result of a run.

    :param outcome: None in check mode.
    """

    request: Request
    plan: Plan
    outcome: Outcome | None

    @property
    def failed(self) -> bool:
        """Whether something went wrong."""
        return bool(self.outcome and self.outcome.problem)

    @property
    def message(self) -> str:
        """One line about the run."""
        if self.outcome and self.outcome.problem:
            return self.outcome.problem
        name = self.request.alias
        if self.plan.action is Action.UNCHANGED:
            return f"The plugin {name} is as it should be."
        would = "would be " if self.outcome is None else "was "
        return f"The plugin {name} {would}{self.plan.action}."

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the plugin itself says is wrong."""
        answer = self.outcome.answer if self.outcome else None
        if answer is None or not answer.problem:
            return ()
        return (f"The plugin {self.request.alias} answers, but: {answer.problem}.",)

    def as_dict(self) -> dict[str, t.Any]:
        """Give the return values."""
        restored = bool(self.outcome and self.outcome.restored)
        return {
            "changed": self.plan.changes,
            "action": str(self.plan.action),
            "before": _told(self.plan.before),
            "plugin": self._planned() if self.outcome is None else _told(self.outcome.plugin),
            "restored": restored,
        }

    def diff(self) -> dict[str, str]:
        """Give what was there before, and after, as text."""
        after = self._planned() if self.outcome is None else _told(self.outcome.plugin)
        before = _told(self.plan.before)
        if before and after:
            _mark_hidden(self.plan, self.outcome, after)
        return {"before": _lines(before), "after": _lines(after)}

    def _planned(self) -> dict[str, t.Any] | None:
        """Return what would be installed."""
        if self.plan.action is Action.REMOVED:
            return None
        before = _told(self.plan.before) or {}
        if self.plan.action is Action.UNCHANGED:
            return before or None
        source = self.plan.source
        same = self.plan.action not in (Action.INSTALLED, Action.UPGRADED)
        set_to = {name: value for name, value in self.plan.settings.items() if value}
        return {
            "id": before.get("id"),
            "name": self.request.alias,
            "reference": before.get("reference") if same else self.request.reference or None,
            "archive": before.get("archive") if same else getattr(source, "digest", None),
            "enabled": True,
            "settings": settings.shown(set_to),
        }


def _told(plugin: Plugin | None) -> dict[str, t.Any] | None:
    if plugin is None:
        return None
    set_to = {name: value for name, value in plugin.settings.items() if value}
    return {
        "id": plugin.id,
        "name": plugin.name,
        "reference": plugin.reference if plugin.is_from_registry else None,
        "archive": plugin.config.fixed.get(archives.MARK),
        "enabled": plugin.enabled,
        "settings": settings.shown(set_to),
    }


def _mark_hidden(plan: Plan, outcome: Outcome | None, after: dict[str, t.Any]) -> None:
    """Say which of the values that are not shown have changed."""
    old = plan.before.settings if plan.before else {}
    new = outcome.plugin.settings if outcome and outcome.plugin else plan.settings
    for name, value in after["settings"].items():
        if value == settings.HIDDEN and old.get(name) != new.get(name):
            after["settings"][name] = f"{settings.HIDDEN}, changed"


def _lines(told: t.Mapping[str, t.Any] | None) -> str:
    if told is None:
        return ""
    parts = [f"{key}: {told[key]}" for key in ("name", "reference", "archive", "enabled")]
    parts += [f"{name}: {value}" for name, value in told["settings"].items()]
    return "\n".join(parts) + "\n"
