# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one job in this process: told on standard input, reported on standard output.

Killed with SIGKILL, by itself, at the moment that the order names.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import (
    SwarmVaultError,
)

from tests.e2e.support.calls import Call, Moment, Recorder
from tests.e2e.support.jobs import Job, Where, perform


def main() -> int:
    """Carry out the order."""
    order = json.load(sys.stdin)
    fatal = Moment(**order["kill"]) if order["kill"] else None
    # Unbuffered: what was noted is on record when the process is gone.
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND)

    def note(call: Call) -> None:
        os.write(log, json.dumps(dataclasses.asdict(call)).encode() + b"\n")

    def at(moment: Moment) -> None:
        if moment == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    answer: dict[str, t.Any]
    try:
        report = perform(Job(**order["job"]), Where(**order["where"]), Recorder(at, note))
        answer = {**report.as_dict(), "failed": report.failed, "message": report.message}
    except SwarmVaultError as error:
        answer = {"failed": True, "message": str(error), "error": type(error).__name__}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
