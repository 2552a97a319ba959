# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX starts them, by ``ansible-runner``: artifacts of one are variables of the next."""

from __future__ import annotations

import json
import subprocess
import typing as t
from dataclasses import dataclass

from tests.e2e.support.controller import BIN, Controller, Play

if t.TYPE_CHECKING:
    from pathlib import Path


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
            path = private / name
            path.parent.mkdir(parents=True)
            path.touch(mode=0o600)
            path.write_text(json.dumps(what))
        environment = self.controller.environment()
        done = subprocess.run(
            [str(BIN / "ansible-runner"), "run", str(private), "-p", "playbook.yml", "-i", "it"],
            env={**environment, "PATH": f"{BIN}:{environment['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        kept = private / "artifacts" / "it"
        events = [json.loads(one.read_text()) for one in (kept / "job_events").glob("*-*.json")]
        artifacts = {
            name: value
            for event in events
            if event["event"] == "playbook_on_stats"
            for name, value in event["event_data"]["artifact_data"].items()
        }
        self.variables = {**self.variables, **artifacts}
        return Job(done.returncode, done.stdout, kept, artifacts)
