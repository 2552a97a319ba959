# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible and what the modules need, for the Python of a node: it has no way to a package index."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import typing as t

from testbed.waiting import wait_for
from tests.e2e.support.world import DEADLINE

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Node

WANTED = ("ansible-core", "docker", "hvac", "requests", "prometheus_client")
#: Releases of the C library that wheels may be built for; the nodes have newer ones.
GLIBC = (17, 28, 34)


def download(node: Node, folder: Path) -> Path:
    """Download them as a user would on another machine."""
    # What a program says that is over at once may get lost on its way out of a node.
    found = wait_for(
        "the version of the node's Python",
        lambda: re.search(r"3\.(\d+)", node.exec(["python3", "--version"]).stdout),
        timeout=DEADLINE,
    )
    machine = platform.machine()
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC]
    platforms.append(f"--platform=manylinux2014_{machine}")
    abis = [f"--abi={abi}" for abi in (f"cp3{found[1]}", "abi3", "none")]
    python = [f"--python-version=3.{found[1]}", "--implementation=cp"]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--only-binary=:all:", *python, *abis, *platforms, f"--dest={folder}", *WANTED],
        check=True,
    )
    return folder
