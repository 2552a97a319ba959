# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python3 -m swarmvault_secretprovider``: what the engine starts."""

from __future__ import annotations

import argparse
import os

from . import listening


def main() -> None:
    """Read the command line, and run the plugin."""
    parser = argparse.ArgumentParser(prog="swarmvault_secretprovider", description=__doc__)
    parser.add_argument("--socket", default=listening.SOCKET, help="where the engine connects")
    path: str = parser.parse_args().socket
    opened = listening.listen_early(path, os.environ)

    # Only now: these load most of the libraries.
    from . import service
    from .provider import Provider

    service.main(path, Provider, os.environ, opened)


if __name__ == "__main__":
    main()
