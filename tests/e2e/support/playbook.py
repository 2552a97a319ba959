# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook run whose module process a test can find, to kill it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from testbed.waiting import wait_for
from tests.collection_path import COLLECTIONS

MODULE_FILE = "AnsiballZ_swarm_secret_rotate.py"


class Playbook:
    """``ansible-playbook`` with one task, our module, on this machine.

    :param folder: an empty one, for the playbook and for Ansible's own files.
    :param options: of the module.
    """

    def __init__(self, folder: Path, options: t.Mapping[str, t.Any]) -> None:
        task = {"swarmvault.secrets.swarm_secret_rotate": dict(options)}
        play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
        playbook = folder / "playbook.yml"
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        program = Path(sys.executable).with_name("ansible-playbook")
        self._process = subprocess.Popen(
            [program, playbook],
            cwd=folder,
            env={
                **os.environ,
                "HOME": str(folder),
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def module_process(self) -> int:
        """Return the process of the module as soon as there is one."""
        return wait_for("the module to start", self._module, timeout=60, interval=0.02)

    def _module(self) -> int | None:
        if self._process.poll() is not None:
            raise AssertionError(f"it ended: {self.end()}")
        parents = {}
        modules = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                status = (entry / "stat").read_text().rpartition(")")[2].split()
                words = (entry / "cmdline").read_text().split("\0")
            except OSError:
                continue  # it has just ended
            parents[int(entry.name)] = int(status[1])
            if Path(words[0]).name.startswith("python") and MODULE_FILE in " ".join(words[1:2]):
                modules.append(int(entry.name))
        return next((one for one in modules if self._is_ours(one, parents)), None)

    def _is_ours(self, process: int, parents: t.Mapping[int, int]) -> bool:
        while process and process != self._process.pid:
            process = parents.get(process, 0)
        return bool(process)

    def end(self) -> tuple[int, str]:
        """Wait until it has ended; return the exit code and what it printed."""
        output, _rest = self._process.communicate(timeout=180)
        return self._process.returncode, output
