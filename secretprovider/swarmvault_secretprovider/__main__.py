# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python3 -m swarmvault_secretprovider``: what the engine starts."""

from __future__ import annotations

import argparse
import os

from . import service
from .provider import Provider


def main() -> None:
    """Read the command line, and run the plugin."""
    parser = argparse.ArgumentParser(prog="swarmvault_secretprovider", description=__doc__)
    parser.add_argument("--socket", default=service.SOCKET, help="where the engine connects")
    service.main(parser.parse_args().socket, Provider, os.environ)


if __name__ == "__main__":
    main()
