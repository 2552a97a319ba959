# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the role on the nodes of a bed: by Molecule, and by the playbooks' full names."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import typing as t
from dataclasses import dataclass, field

from tests.collection_path import COLLECTIONS, ROOT
from tests.e2e.support.controller import BIN, CALLBACKS, FOREIGN, Run, TaskResult
from tests.e2e.support.reach import BARE_INTERPRETER, write_inventory

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed

#: What Ansible prints of a pattern without hosts, ending well even so.
NO_HOST = "no hosts matched"


@dataclass
class Stage:
    """One bed with an inventory of its managers, as the scenarios want it.

    :param folder: a home for Ansible, with a short path: ssh makes sockets in it.
    :param variables: of all managers.
    """

    bed: Bed
    folder: Path
    variables: dict[str, t.Any] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    @property
    def inventory(self) -> Path:
        """Write what there is to know of the managers."""
        path = write_inventory(self.bed, self.folder / "inventory.json")
        path.chmod(0o600)
        content = json.loads(path.read_text())
        managers = content["all"]["children"]["swarm_managers"]
        for host in managers["hosts"].values():
            # As on a machine that nobody has prepared.
            host["ansible_python_interpreter"] = BARE_INTERPRETER
        managers["vars"] = self.variables
        path.write_text(json.dumps(content))
        return path

    def molecule(self, scenario: str, **environment: str) -> Run:
        """Run one scenario as its configuration says, and expect it to go well."""
        command = [str(BIN / "molecule"), "test", "--scenario-name", scenario]
        run = self._run(command, {"MOLECULE_INVENTORY": str(self.inventory), **environment})
        assert run.code == 0, run.output
        assert NO_HOST not in run.output, run.output
        return run

    def playbook(self, name: str, *options: str, **variables: t.Any) -> Run:
        """Run a playbook of the collection with more variables."""
        more = self.folder / "more.json"
        more.touch(mode=0o600)
        more.write_text(json.dumps(variables))
        command = [str(BIN / "ansible-playbook"), "-i", str(self.inventory), "-e", f"@{more}"]
        return self._run([*command, *options, f"swarmvault.secrets.{name}"], {})

    def _run(self, command: t.Sequence[str], environment: t.Mapping[str, str]) -> Run:
        ours = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        results = self.folder / "results.jsonl"
        results.unlink(missing_ok=True)
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={
                **ours,
                "HOME": str(self.folder),
                "TMPDIR": str(temporary),
                "PATH": f"{BIN}:{os.environ['PATH']}",
                "LC_ALL": "C.UTF-8",
                "NO_PROXY": "*",
                "NO_COLOR": "1",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
                "ANSIBLE_CALLBACKS_ENABLED": "record_results",
                "ANSIBLE_PIPELINING": "1",
                "RECORD_RESULTS": str(results),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        lines = results.read_text().splitlines() if results.exists() else []
        found = tuple(_of_the_role(TaskResult(**json.loads(line))) for line in lines)
        run = Run(done.returncode, done.stdout, found)
        self.runs.append(run)
        return run


def _of_the_role(result: TaskResult) -> TaskResult:
    """Leave the role's name out of the task's."""
    return dataclasses.replace(result, task=result.task.rpartition(" : ")[2])


def changed(run: Run, host: str) -> list[str]:
    """Return the tasks that changed something on a host."""
    return [one.task for one in run.results if one.host == host and one.result.get("changed")]
