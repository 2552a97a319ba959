# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX starts them, by ``ansible-runner``: artifacts of one are variables of the next."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.support.controller import Controller, Play


@dataclass(frozen=True)
class Job:
    """One job that has ended.

    :param directory: what is kept of it.
    :param artifacts: what ``set_stats`` has set.
    """

    code: int
    output: str
    directory: Path
    artifacts: dict[str, t.Any]


@dataclass
class Workflow:
    """Jobs one after the other, each with the artifacts of those before it."""

    controller: Controller
    directory: Path
    variables: dict[str, t.Any]
    jobs: int = 0

    def job(self, play: Play, inventory: Path) -> Job:
        """Run one, and keep its artifacts for the next."""
        self.jobs += 1
        private = self.directory / f"job{self.jobs}"
        content = {
            "project/playbook.yml": [play],
            "env/extravars": self.variables,
            "inventory/hosts.json": json.loads(inventory.read_text()),
        }
        for name, what in content.items():
            write(private / name, json.dumps(what))
        job = run(self.controller, private, "playbook.yml")
        self.variables = {**self.variables, **job.artifacts}
        return job


def write(path: Path, content: str) -> None:
    """Write a file that nobody else can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(content)


def run(controller: Controller, private: Path, playbook: str) -> Job:
    """Run a playbook of a private data directory."""
    environment = controller.environment()
    # It brings its own callback plugin, which writes the events.
    for ours in ("ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_CALLBACKS_ENABLED"):
        del environment[ours]
    code, output = controller.start(
        [str(controller.bin / "ansible-runner"), "run", str(private), "-p", playbook, "-i", "it"],
        private,
        {**environment, "PATH": f"{controller.bin}:{environment['PATH']}"},
    )
    kept = private / "artifacts" / "it"
    events = [json.loads(one.read_text()) for one in (kept / "job_events").glob("*-*.json")]
    artifacts = {
        name: value
        for event in events
        if event["event"] == "playbook_on_stats"
        for name, value in event["event_data"]["artifact_data"].items()
    }
    return Job(code, output, kept, artifacts)
