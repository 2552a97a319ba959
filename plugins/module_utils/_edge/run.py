# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one core function for a module and render what came of it.

This is the one place where a domain error becomes a failed task.
"""

from __future__ import annotations

import traceback
import typing as t

from .._common.errors import SwarmVaultError

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
    problem, trace = "", ""
    try:
        report = work()
    except SwarmVaultError as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - its own text could hold a value
        problem = f"Unexpected {_kind(error)}, a bug in swarmvault.secrets: {_place(error)}."
        trace = _frames(error)
    # Out here no exception is pending: Ansible would add its text and traceback to the result.
    if problem:
        module.fail_json(msg=problem, exception=trace or None)
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


def _kind(error: BaseException) -> str:
    return type(error).__name__


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"line {frame.lineno} of {frame.filename.rsplit('/', 1)[-1]}, in {frame.name}"


def _frames(error: BaseException) -> str:
    """Format a traceback of code lines and exception types, without any exception's text."""
    parts: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = traceback.format_tb(link.__traceback__)
        parts.insert(0, "".join([*frames, f"{_kind(link)} (text withheld)\n"]))
        link = link.__cause__ or link.__context__
    return "\ncaused:\n".join(parts)
