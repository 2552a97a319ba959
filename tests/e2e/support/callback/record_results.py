# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback plugin of Ansible that writes the result of each task to a file, as JSON."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record_results
type: notification
short_description: Writes the result of each task to the file named in RECORD_RESULTS
description:
  - Used by the end-to-end tests, beside the usual output.
options: {}
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible carries no types
    """One line for each task and host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record_results"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._write(result, "ok")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        del ignore_errors
        self._write(result, "failed")

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._write(result, "unreachable")

    def _write(self, result: t.Any, ended: str) -> None:
        # Before ansible-core 2.19 these had underscores.
        host, task, values = (
            getattr(result, name, None) or getattr(result, f"_{name}")
            for name in ("host", "task", "result")
        )
        line = {
            "host": host.get_name(),
            "task": task.get_name().strip(),
            "action": task.action,
            "ended": ended,
            "result": values,
        }
        with Path(os.environ["RECORD_RESULTS"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
