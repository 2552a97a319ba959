# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks as a user would run them, timed, with the peak memory of the module."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from tests.e2e.support.world import World

COLLECTIONS = Path(__file__).resolve().parents[2] / ".cache" / "collections"
PYTHON = Path(__file__).with_name("measured_python")


def ping() -> dict[str, t.Any]:
    """Return the least a playbook can do."""
    return {"ansible.builtin.ping": {}}


def rotate(world: World, count: int) -> dict[str, t.Any]:
    """Return a task that keeps secrets s0, s1, ... in step."""
    return {
        "swarmvault.secrets.swarm_secret_rotate": {
            **world.bed.docker_options(),
            "vault_url": world.vault.url,
            "vault_token": world.vault.root_token,
            "vault_ca_cert": str(world.vault.ca_cert),
            "secrets": [
                {"name": f"s{i}", "vault_path": f"bench/s{i}", "vault_field": "password"}
                for i in range(count)
            ],
        }
    }


def write(directory: Path, name: str, task: dict[str, t.Any]) -> Path:
    """Write a playbook of one task."""
    path = directory / f"{name}.yml"
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]
    path.write_text(json.dumps(play), encoding="utf-8")
    return path


def run(path: Path) -> tuple[float, float]:
    """Run a playbook; return seconds of the whole, and MiB of the module at its peak."""
    memory = path.with_suffix(".memory")
    memory.unlink(missing_ok=True)
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        *("-i", "localhost,", "-c", "local"),
        *("-e", f"ansible_python_interpreter={PYTHON}"),
        str(path),
    ]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "MEASURED_PYTHON": sys.executable,
        "MEASURED_MEMORY": str(memory),
    }
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode or "changed=0" not in done.stdout:
        raise SystemExit(f"{path} went wrong:\n{done.stdout}{done.stderr}")
    return seconds, max(float(line) for line in memory.read_text().split()) / 1024
