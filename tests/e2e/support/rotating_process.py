# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.e2e.support.rotating_process``: the plugin's rotation beside one manager.

Takes its settings and how to reach the engine as JSON on standard input, and writes its log as lines
of JSON.
"""

from __future__ import annotations

import json
import signal
import sys
import typing as t
from datetime import UTC, datetime

from swarmvault_core._swarm import connect
from swarmvault_core._swarm import settings as engine_settings
from swarmvault_secretprovider import environment
from swarmvault_secretprovider.rotation import Rotation


class JsonLines:
    """A log of lines of JSON."""

    def info(self, event: str, **fields: t.Any) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: t.Any) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, **fields: t.Any) -> None:
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: t.Mapping[str, t.Any]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": level, "event": event, **fields}
        sys.stdout.write(json.dumps(line, default=repr) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Rotate until told to end."""
    order = json.load(sys.stdin)
    options = engine_settings.resolve(order["docker"], {})
    rotation = Rotation(
        environment.load(order["environment"], docker_sockets=()),
        JsonLines(),
        engine=lambda: connect.open_transport(options),
    )
    signal.signal(signal.SIGTERM, lambda *_: rotation.stop(0))
    rotation.run()


if __name__ == "__main__":
    main()
