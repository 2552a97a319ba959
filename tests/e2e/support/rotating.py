# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker plugin's rotation as a process beside each manager of a bed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from tests.collection_path import PLUGIN, ROOT

if t.TYPE_CHECKING:
    from testbed import Bed

_PROGRAM = "tests.e2e.support.rotating_process"
#: Short, so that a test need not wait for it.
INTERVAL = "1s"
#: Seconds that a call to an engine may take: a node that hangs is soon seen to.
_TIMEOUT = 5


class Rotator:
    """One of them.

    :param manager: position of the manager that it is beside.
    :param folder: where its log and its credentials go.
    """

    def __init__(self, bed: Bed, manager: int, folder: Path) -> None:
        self.manager = manager
        self._log = folder / f"rotator-{manager}.log"
        credentials = folder / "credentials"
        credentials.mkdir(exist_ok=True)
        (credentials / "token").write_text(bed.vault.root_token, encoding="utf-8")
        (credentials / "ca.pem").write_bytes(bed.vault.ca_cert.read_bytes())
        order = {
            "docker": {**bed.docker_options(manager), "timeout": _TIMEOUT},
            "environment": {
                "VAULT_ADDR": bed.vault.url,
                "VAULT_CREDENTIALS_DIR": str(credentials),
                "VAULT_DEADLINE": "3s",
                "VAULT_ENABLE_ROTATION": "true",
                "VAULT_ROTATION_INTERVAL": INTERVAL,
                "LOG_FORMAT": "json",
            },
        }
        path = os.pathsep.join(map(str, (ROOT, ROOT / "tests", PLUGIN)))
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _PROGRAM],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode())
        self._process.stdin.close()

    def text(self) -> str:
        """Return all that it has said."""
        return self._log.read_text(encoding="utf-8")

    def lines(self, **fields: str) -> list[dict[str, t.Any]]:
        """Return the lines of its log that have these fields, once they are whole."""
        whole = [line for line in self.text().splitlines(keepends=True) if line.endswith("\n")]
        found = [json.loads(line) for line in whole if line.startswith("{")]
        return [line for line in found if fields.items() <= line.items()]

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """End it in good order; return how it ended."""
        self._process.terminate()
        try:
            return self._process.wait(timeout=30)
        finally:
            self._process.kill()

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None


@contextlib.contextmanager
def rotators(bed: Bed, folder: Path) -> t.Iterator[list[Rotator]]:
    """Have one beside each manager; what they said is shown where the test fails."""
    with contextlib.ExitStack() as stack:
        made = []
        for manager in range(len(bed.managers)):
            made.append(Rotator(bed, manager, folder))
            stack.callback(made[-1].kill)
        try:
            yield made
        except BaseException:
            for one in made:
                print(f"--- the rotation beside manager {one.manager}:\n{one.text()}")
            raise
