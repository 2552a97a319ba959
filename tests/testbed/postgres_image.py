# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An image with a real PostgreSQL client, whose application does nothing but log in."""

from __future__ import annotations

import re
from pathlib import Path

from testbed.imagetar import Entry, cached_image
from testbed.postgres_server import program
from testbed.system import run

LOGIN = "swarmvault-test/login:1"

SCRIPTS = ("login.sh",)


def login_image() -> Path:
    """Give the archive of that image, made on first use from this machine's client."""
    psql = program("psql")
    files = {"bin/psql": psql, **{str(path)[1:]: path for path in _libraries(psql)}}
    more = {name: Entry(path.read_bytes(), 0o755) for name, path in files.items()}
    return cached_image("login", LOGIN, SCRIPTS, more)


def _libraries(binary: Path) -> list[Path]:
    """Find all that a program is linked with, the loader included, at the places it looks in."""
    return [Path(found) for found in re.findall(r"(/\S+) \(0x", run(["ldd", binary]))]
