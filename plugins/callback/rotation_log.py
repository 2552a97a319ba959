# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rotation_log
type: stdout
short_description: One JSON line for each secret and service that a rotation touched, and metrics
version_added: 0.1.0
description:
  - Makes the output of P(ansible.builtin.default#callback) one for machines. For each secret and
    each service that M(swarmvault.secrets.swarm_secret_rotate) touched there is one line, a JSON
    object, then one for the run. Tasks that failed are told in the same way, and nothing else is.
  - The lines are those that the Docker plugin writes with C(LOG_FORMAT=json). None holds a value.
  - Under systemd each line begins with its priority, which the journal takes off again, so that
    C(journalctl -p warning) finds what somebody should look at.
  - With O(textfile_dir) it also keeps the metrics of the schedule in a file for the textfile
    collector of Prometheus' node_exporter. What C(ansible-playbook) ran with C(--check) is not
    counted.
author:
  - The swarmvault.secrets maintainers (@swarmvault)
requirements:
  - prometheus_client, with O(textfile_dir)
options:
  textfile_dir:
    description:
      - Directory that node_exporter reads (C(--collector.textfile.directory)). The file in it is
        C(swarmvault_rotation.prom). Without it there is none.
    type: path
    ini:
      - section: callback_rotation_log
        key: textfile_dir
    env:
      - name: SWARMVAULT_TEXTFILE_DIR
seealso:
  - ref: ansible_collections.swarmvault.secrets.docsite.guide_schedule
    description: The schedule that uses it, its metrics and its alerts.
"""

import json
import os
import time
import typing as t
from datetime import datetime, timezone
from pathlib import Path

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation import events
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._schedule import record, textfile

_ROTATE = "swarmvault.secrets.swarm_secret_rotate"
_MANAGER = "swarmvault.secrets.swarm_manager_info"
#: The journal takes lines of up to 48 KiB.
_LONGEST_TEXT = 4096
#: As systemd counts them (sd-daemon(3)).
_PRIORITIES = {events.INFO: 6, events.WARNING: 4, events.ERROR: 3}


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible carries no types
    """Is told by Ansible what happens."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = _ROTATE.rpartition(".")[0] + ".rotation_log"

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._run = record.Run()
        self._began = time.monotonic()
        self._summary = ""

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Take down the result of a task that went well."""
        self._take(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:  # noqa: FBT001, FBT002 - as Ansible calls it
        """Take down the result of a task that failed."""
        self._take(result)
        if not ignore_errors:
            self._task_failed(result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """Take down that a host was out of reach."""
        self._task_failed(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """End the run: what is told here is what the exit status tells as well."""
        self._run.failed = bool(stats.failures or stats.dark)
        seconds = round(time.monotonic() - self._began, 1)
        if not self._run.acted and not self._run.failed:
            self._tell(events.INFO, "rotation: left to the leader", duration=seconds)
        elif self._run.is_good:
            self._tell(events.INFO, "rotation: done", reason=self._summary, duration=seconds)
        else:
            self._tell(events.ERROR, "rotation: failed", reason=self._summary, duration=seconds)
        directory = self.get_option("textfile_dir")
        if directory and not context.CLIARGS.get("check"):
            self._keep(Path(directory))

    def _take(self, result: t.Any) -> None:
        action, told = _action(result), _told(result)
        if action == _MANAGER and "leader" in told:
            self._run.leads = bool(self._run.leads) or told["leader"]
        if action == _ROTATE and "secrets" in told:
            self._run.results.append(told)
            self._summary = str(told.get("msg", ""))
            for event in (
                *events.of_secrets(told),
                *events.of_services(told),
                *events.of_the_rest(told, map(str, told.get("warnings") or ())),
            ):
                self._tell(event.level, event.event, **event.fields)

    def _task_failed(self, result: t.Any) -> None:
        reason = str(_told(result).get("msg") or "it does not say why").strip()
        self._summary = reason
        self._tell(
            events.ERROR,
            "rotation: task failed",
            task=str(_of(result, "task").get_name()).strip(),
            host=str(_of(result, "host").get_name()),
            reason=reason,
        )

    def _keep(self, directory: Path) -> None:
        try:
            before = textfile.load(directory)
            textfile.store(directory, record.after(before, self._run, time.time()))
        except ImportError:
            problem = "prometheus_client is not installed for the Python that runs Ansible"
            self._tell(events.ERROR, "rotation: no metrics", reason=problem)
        except OSError as error:
            self._tell(events.ERROR, "rotation: no metrics", reason=f"{directory}: {error}")

    def _tell(self, level: str, event: str, **fields: t.Any) -> None:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps(
            {
                "timestamp": now,
                "level": level,
                "event": event,
                **{
                    name: value[:_LONGEST_TEXT] if isinstance(value, str) else value
                    for name, value in fields.items()
                },
            }
        )
        prefix = f"<{_PRIORITIES[level]}>" if "JOURNAL_STREAM" in os.environ else ""
        self._display.display(f"{prefix}{line}")


def _of(result: t.Any, name: str) -> t.Any:
    """Return a part of a task's result: before ansible-core 2.19 they are called otherwise."""
    found = getattr(result, name, None)
    return getattr(result, f"_{name}") if found is None else found


def _told(result: t.Any) -> dict[str, t.Any]:
    return dict(_of(result, "result"))


def _action(result: t.Any) -> str:
    task = _of(result, "task")
    return str(getattr(task, "resolved_action", None) or task.action)
