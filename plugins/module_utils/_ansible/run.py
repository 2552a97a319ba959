# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one core function for a module and render what came of it.

This is the one place where a domain error becomes a failed task.
"""

from __future__ import annotations

import typing as t

from .failures import explain

if t.TYPE_CHECKING:
    from collections.abc import Callable


class Module(t.Protocol):
    """What is used of Ansible's ``AnsibleModule``, which carries no types itself."""

    _diff: bool

    def warn(self, warning: str) -> None:
        """Show a warning."""

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        """End the task well."""

    def fail_json(self, msg: str, *, exception: str | None = ..., **kwargs: t.Any) -> t.NoReturn:
        """End the task badly."""


class Report(t.Protocol):
    """What a module renders."""

    @property
    def failed(self) -> bool:
        """Whether the task is to fail, after everything unaffected was done."""

    @property
    def message(self) -> str:
        """One line about the run: why it failed, or a summary."""

    @property
    def warnings(self) -> t.Sequence[str]:
        """What the user should know even so."""

    def as_dict(self) -> dict[str, t.Any]:
        """Give the return values."""

    def diff(self) -> dict[str, str]:
        """Give names and versions before and after, never values."""


def run(module: Module, work: Callable[[], Report]) -> t.NoReturn:
    """Do the work and end the module with its report or its error."""
    problem = None
    try:
        report = work()
    except Exception as error:  # noqa: BLE001 - its own text could hold a value
        problem = explain(error)
    # Out here no exception is pending: Ansible would add its text and traceback to the result.
    if problem is not None:
        module.fail_json(msg=problem.message, exception=problem.trace)
    _render(module, report)


def _render(module: Module, report: Report) -> t.NoReturn:
    result = report.as_dict()
    if module._diff:  # noqa: SLF001 - the only way Ansible tells
        result["diff"] = report.diff()
    for warning in report.warnings:
        module.warn(warning)
    if report.failed:
        module.fail_json(msg=report.message, exception=None, **result)
    module.exit_json(msg=report.message, **result)
