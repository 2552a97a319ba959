# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Background processes that outlive the command which started them."""

from __future__ import annotations

import collections.abc as c
import contextlib
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from testbed.system import PATH
from testbed.waiting import wait_for


@dataclass(frozen=True)
class Daemon:
    """A server process whose log and process id lie in one directory."""

    directory: Path
    name: str

    @property
    def log(self) -> Path:
        return self.directory / f"{self.name}.log"

    @property
    def _record(self) -> Path:
        return self.directory / f"{self.name}.process"

    def start(self, command: c.Sequence[str | os.PathLike[str]]) -> None:
        with self.log.open("ab") as out:
            child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                env={**os.environ, "PATH": PATH},
                start_new_session=True,
            )
        record = {"pid": child.pid, "born": _born(child.pid)}
        self._record.write_text(json.dumps(record), encoding="utf-8")
        # It is watched by its record, from any process: this object is of no further use.
        child.returncode = 0

    def pid(self) -> int | None:
        """Give the process id while it is still that process (ids are used again)."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        with contextlib.suppress(ChildProcessError):
            # Our own child stays a zombie until it is waited for.
            os.waitpid(record["pid"], os.WNOHANG)
        born = _born(record["pid"])
        return int(record["pid"]) if born and born == record["born"] else None

    def stop(self, timeout: float = 60) -> None:
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            try:
                wait_for(f"{self.name} to end", self._ended, timeout=timeout, interval=0.02)
            finally:
                if self.pid():
                    os.kill(pid, signal.SIGKILL)
        self._record.unlink(missing_ok=True)

    def tail(self, lines: int = 15) -> str:
        """Give the end of the log."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _ended(self) -> bool:
        return self.pid() is None


def _born(pid: int) -> str | None:
    """Give the start time of a live process: with the id it names a process for good."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
