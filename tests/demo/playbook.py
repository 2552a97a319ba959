# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the demo's playbook with the collection as a user has it: built, installed, by FQCN."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Playbook:
    """An empty directory with the installed collection."""

    directory: Path
    variables: dict[str, t.Any]

    @classmethod
    def install(cls, directory: Path, variables: dict[str, t.Any]) -> Playbook:
        """Build the collection and install it, as ``ansible-galaxy collection install`` does."""
        galaxy = [str(BIN / "ansible-galaxy"), "collection"]
        _run([*galaxy, "build", "--output-path", str(directory), str(ROOT)])
        (tarball,) = directory.glob("swarmvault-secrets-*.tar.gz")
        _run([*galaxy, "install", str(tarball), "-p", str(directory / "collections"), "--offline"])
        # By file, since arguments can be read in the process list.
        extra = directory / "vars.json"
        extra.touch(mode=0o600)
        extra.write_text(
            json.dumps({"demo": variables, "ansible_python_interpreter": sys.executable})
        )
        return cls(directory, variables)

    @property
    def collection(self) -> Path:
        """Where the collection is installed."""
        return self.directory / "collections" / "ansible_collections" / "swarmvault" / "secrets"

    def run(self, *options: str) -> str:
        """Run the one task that rotates, and return Ansible's own output."""
        variables = self.directory / "vars.json"
        here = ("-i", "localhost,", "-c", "local", "-e", f"@{variables}")
        return self._play("-v", *here, *options, str(Path(__file__).with_name("rotate.yml")))

    def install_plugin(self, inventory: Path, variables: dict[str, t.Any]) -> str:
        """Run the collection's playbook that installs the plugin; return Ansible's own output."""
        extra = self.directory / "plugin.json"
        extra.touch(mode=0o600)
        extra.write_text(json.dumps(variables))
        name = "swarmvault.secrets.install"
        return self._play("-i", str(inventory), "-e", f"@{extra}", name)

    def _play(self, *options: str) -> str:
        command = [str(BIN / "ansible-playbook"), *options]
        done = subprocess.run(
            command,
            cwd=self.directory,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(self.directory / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        }


def _run(command: t.Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
