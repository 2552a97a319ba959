# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PostgreSQL process needs before it can start: programs, a user and a configuration."""

from __future__ import annotations

import collections.abc as c
import os
import pwd
import re
from pathlib import Path

from testbed.system import need, which

#: Debian keeps the programs of each version apart, none of them on the PATH.
VERSIONS = Path("/usr/lib/postgresql")
#: The package makes this user; the server refuses to run as root.
USER = "postgres"


def program(name: str) -> Path:
    """Give a program of the newest PostgreSQL here, installed if there is none."""
    need({name: "postgresql"}, "a real PostgreSQL", find=_find)
    found = _find(name)
    assert found
    return Path(found)


def unprivileged(command: c.Sequence[str | os.PathLike[str]]) -> list[str | os.PathLike[str]]:
    """Let a command run as somebody who is not root."""
    if os.geteuid() != 0:
        return list(command)
    # Unlike su, it becomes the command: the process id is that of the server.
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--", *command]


def hand_over(path: Path) -> None:
    """Let the user that the server runs as own a file or directory."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(USER)
        os.chown(path, user.pw_uid, user.pw_gid)


def settings(addresses: c.Sequence[str], port: int, home: Path) -> list[str]:
    """Describe, as arguments, a server on these addresses whose data may be lost with the machine.

    Its socket lies beside its data, so that it is in nobody's way.
    """
    values = {
        "listen_addresses": ",".join(addresses),
        "port": str(port),
        "unix_socket_directories": str(home),
        "fsync": "off",
        "log_connections": "on",
        "log_line_prefix": "%m %r %u ",
    }
    return [f"--{name}={value}" for name, value in values.items()]


#: Root's password is good on this machine only; every other role may come from everywhere.
#: Its socket lies in a directory that nobody else can enter.
ACCESS = f"""\
local all {USER} trust
host all {USER} 127.0.0.1/32 scram-sha-256
host all {USER} all reject
host all all all scram-sha-256
"""


def _find(name: str) -> str | None:
    def number(version: Path) -> int:
        return int(re.sub(r"\D.*", "", version.name) or 0)

    for version in sorted(VERSIONS.glob("*"), key=number, reverse=True):
        if (version / "bin" / name).exists():
            return str(version / "bin" / name)
    return which(name)
