# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.e2e.support.rotating_process``: the plugin's rotation beside one manager.

Takes its settings, and how to reach the engine, as JSON on standard input.
"""

from __future__ import annotations

import json
import signal
import sys

from swarmvault_core._swarm import connect
from swarmvault_core._swarm import settings as engine_settings
from swarmvault_secretprovider import environment, log
from swarmvault_secretprovider.rotation import Rotation


def main() -> None:
    """Rotate until told to end."""
    order = json.load(sys.stdin)
    options = engine_settings.resolve(order["docker"], {})
    settings = environment.load(order["environment"], docker_sockets=())
    rotation = Rotation(
        settings, log.configure(settings.log), engine=lambda: connect.open_transport(options)
    )
    signal.signal(signal.SIGTERM, lambda *_: rotation.stop(0))
    rotation.run()


if __name__ == "__main__":
    main()
