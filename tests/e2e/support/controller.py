# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An Ansible controller as a user has it: the built collection, installed, in an empty folder."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from tests.collection_path import ROOT

# Not resolve(): in a virtual environment the interpreter is a link, and its tools lie beside it.
BIN = Path(sys.executable).parent
MODULE = "swarmvault.secrets.swarm_secret_rotate"
MANAGER_MODULE = "swarmvault.secrets.swarm_manager_info"
PLUGIN_MODULE = "swarmvault.secrets.secretprovider_plugin"
HASH_MODULE = "swarmvault.secrets.vault_secret_hash"
GROUP = "group/swarmvault.secrets.all"
CALLBACKS = Path(__file__).with_name("callback")
#: What of the caller's environment could change what a run does.
FOREIGN = ("ANSIBLE_", "BAO_", "DOCKER_", "PYTEST_", "VAULT_", "SSH_AUTH")

Play = dict[str, t.Any]


@dataclass(frozen=True)
class TaskResult:
    """How one task ended on one host."""

    host: str
    task: str
    action: str
    ended: str
    result: dict[str, t.Any]

    @property
    def failed(self) -> bool:
        """Whether it failed, ignored or not."""
        return self.ended == "failed"

    @property
    def msg(self) -> str:
        """What it says."""
        return str(self.result.get("msg", ""))

    def __getitem__(self, key: str) -> t.Any:
        return self.result[key]


@dataclass(frozen=True)
class Run:
    """One run of ``ansible-playbook``."""

    code: int
    output: str
    results: tuple[TaskResult, ...]

    def task(self, name: str) -> TaskResult:
        """Return the result of a task that ran on one host."""
        found = [result for result in self.results if result.task == name]
        assert len(found) == 1, f"task {name!r} ran {len(found)} times\n{self.output}"
        return found[0]

    @property
    def rotation(self) -> TaskResult:
        """The result of the only task with our module."""
        (found,) = self.rotations
        return found

    @property
    def rotations(self) -> list[TaskResult]:
        """The results of every task with our module."""
        found = [result for result in self.results if result.action == MODULE]
        assert found, self.output
        return found


@dataclass
class Controller:
    """The directory of one installation, and every run made in it.

    :param unchecked: runs that nobody has looked for leaks yet.
    """

    directory: Path
    unchecked: list[Run] = field(default_factory=list)
    _numbers: t.Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def install(cls, directory: Path) -> Controller:
        """Build the collection, and install it offline."""
        for folder in ("home", "tmp", "private"):
            (directory / folder).mkdir(mode=0o700)
        made = cls(directory)
        galaxy = [str(BIN / "ansible-galaxy"), "collection"]
        made.call([*galaxy, "build", "--output-path", str(directory), str(ROOT)])
        (tarball,) = directory.glob("swarmvault-secrets-*.tar.gz")
        made.call([*galaxy, "install", str(tarball), "-p", str(made.collections), "--offline"])
        return made

    @property
    def collections(self) -> Path:
        """Where the collection is installed."""
        return self.directory / "collections"

    @property
    def home(self) -> Path:
        """The home of whoever runs Ansible."""
        return self.directory / "home"

    @property
    def tmp(self) -> Path:
        """Where temporary files go on this machine."""
        return self.directory / "tmp"

    def run(
        self,
        what: str | t.Sequence[Play],
        *options: str,
        inventory: Path,
        variables: t.Mapping[str, t.Any] | None = None,
        files: t.Mapping[str, bytes] | None = None,
        environment: t.Mapping[str, str] | None = None,
    ) -> Run:
        """Run plays, or a playbook by its full name, from a folder that is empty otherwise.

        :param variables: handed over by a file that nobody else can read.
        :param files: content of files beside the playbook.
        """
        number = next(self._numbers)
        folder = self.directory / f"run{number}"
        folder.mkdir()
        for name, content in (files or {}).items():
            (folder / name).write_bytes(content)
        if not isinstance(what, str):
            (folder / "playbook.yml").write_text(json.dumps(what))
        secret = self.directory / "private" / f"{number}.json"
        secret.touch(mode=0o600)
        secret.write_text(json.dumps(variables or {}))
        results = folder / "results.jsonl"
        code, output = self.start(
            [
                str(self.bin / "ansible-playbook"),
                *("-i", str(inventory), "-e", f"@{secret}"),
                *options,
                what if isinstance(what, str) else "playbook.yml",
            ],
            folder,
            {**self.environment(), "RECORD_RESULTS": str(results), **(environment or {})},
        )
        lines = results.read_text().splitlines() if results.exists() else []
        run = Run(code, output, tuple(TaskResult(**json.loads(line)) for line in lines))
        self.unchecked.append(run)
        return run

    @property
    def bin(self) -> Path:
        """Where Ansible's programs are."""
        return BIN

    def start(
        self, command: t.Sequence[str], folder: Path, environment: t.Mapping[str, str]
    ) -> tuple[int, str]:
        """Run a program; return its exit code and what it printed."""
        done = subprocess.run(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def call(self, command: t.Sequence[str]) -> str:
        """Run another of Ansible's programs and return what it prints."""
        done = subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def environment(self) -> dict[str, str]:
        """Return the environment of Ansible: ours, but with a home of its own."""
        ours = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        return {
            **ours,
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "LC_ALL": "C.UTF-8",
            # The nodes are on this machine: a proxy of the user's does not know them.
            "NO_PROXY": "*",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "record_results",
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=5s",
        }


def play(*tasks: dict[str, t.Any], hosts: str = "localhost", **keywords: t.Any) -> Play:
    """Return a play."""
    return {"hosts": hosts, "gather_facts": False, **keywords, "tasks": list(tasks)}


def hashing(name: str = "Hash", /, **options: t.Any) -> dict[str, t.Any]:
    """Return a task with the module that hashes, whose result is ``now``."""
    return {"name": name, HASH_MODULE: options, "register": "now"}


def rotating(name: str = "Rotate", /, **options: t.Any) -> dict[str, t.Any]:
    """Return a task with our module."""
    return {"name": name, MODULE: options}
