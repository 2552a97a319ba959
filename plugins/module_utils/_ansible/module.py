# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of the collection adds to Ansible's own, and how it runs the core.

:func:`run_module` is the one place where a domain error becomes a failed task.
"""

from __future__ import annotations

import typing as t

from . import text_options

if t.TYPE_CHECKING:
    from collections.abc import Callable


_NOT_LOGGED = "NOT_LOGGING_PARAMETER"  # as Ansible writes it


class QuietLog:
    """To be put before ``AnsibleModule``: keeps lists and mappings out of the log.

    Ansible writes them as Python does and hides the values it knows afterwards. One with a line
    break, a quote or a backslash looks different by then and would be written as it is.
    """

    params: dict[str, t.Any]

    def log(self, msg: str, log_args: t.Mapping[str, t.Any] | None = None) -> None:
        """Write a message; ``log_args`` are the options, where it tells of the invocation."""
        if log_args:
            shown = {
                name: _NOT_LOGGED if isinstance(self.params.get(name), (list, dict)) else value
                for name, value in log_args.items()
            }
            told = " ".join(f"{name}={value}" for name, value in shown.items())
            msg, log_args = f"Invoked with {told}", shown
        super().log(msg, log_args)  # type: ignore[misc]  # that of AnsibleModule


class TaskModule(QuietLog):
    """To be put before ``AnsibleModule``: refuses text that YAML made something else of."""

    def __init__(self, **kwargs: t.Any) -> None:
        """Read the options, and end the task where one is not what was written."""
        self._given: text_options.Given = {}
        super().__init__(**kwargs)
        problems = text_options.misread(self._given, kwargs["argument_spec"])
        if problems:
            self.fail_json(  # type: ignore[attr-defined]  # that of AnsibleModule
                msg=f"Nothing was changed: {'; '.join(problems)}. Write text in quotes: to YAML, "
                "words such as no, and numbers such as 010 and 1.10, are not what they look like.",
                exception=None,
                # Ansible would show the texts it made by now, and hides the values as they were.
                invocation={"module_args": {}},
            )

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[misc]  # that of AnsibleModule
        self._given = dict(self.params)


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


def run_module(module: Module, work: Callable[[], Report]) -> t.NoReturn:
    """Do the work and end the module with its report or its error."""
    problem = None
    try:
        report = work()
    except Exception as error:  # noqa: BLE001 - its own text could hold a value
        from . import failures

        problem = failures.describe_error(error)
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
