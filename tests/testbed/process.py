# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Background processes that outlive the command which started them, found again by their pid file."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess

from testbed.waiting import wait_for


@dataclasses.dataclass(frozen=True)
class Daemon:
    """A server process with a log and a pid file in one directory."""

    directory: pathlib.Path
    name: str

    @property
    def log(self) -> pathlib.Path:
        return self.directory / f"{self.name}.log"

    @property
    def _record(self) -> pathlib.Path:
        return self.directory / f"{self.name}.process"

    def start(
        self,
        command: c.Sequence[str | os.PathLike[str]],
        environment: c.Mapping[str, str] | None = None,
    ) -> None:
        with self.log.open("ab") as out:
            child = subprocess.Popen(  # pylint: disable=consider-using-with
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._record.write_text(
            json.dumps({"pid": child.pid, "born": _born(child.pid)}), encoding="utf-8"
        )

    def pid(self) -> int | None:
        """The process id while it is still the process that was started (ids are reused)."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        born = _born(record["pid"])
        return record["pid"] if born and born == record["born"] else None

    def stop(self, timeout: float = 20) -> None:
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            try:
                wait_for(
                    f"{self.name} to end", lambda: self._reaped(pid), timeout=timeout, interval=0.02
                )
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                self._reaped(pid)
        self._record.unlink(missing_ok=True)

    def tail(self, lines: int = 15) -> str:
        try:
            return "\n".join(
                self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            )
        except OSError:
            return ""

    def _reaped(self, pid: int) -> bool:
        # Our own child stays a zombie until it is waited for; anybody else's is init's business.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        return self.pid() is None


def _born(pid: int) -> str | None:
    """The start time of a live process: together with the pid it names a process for good."""
    try:
        fields = (
            pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
