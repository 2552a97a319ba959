# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program ``build`` starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # Python was started with this folder: its package is found beside it.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from builder import cli

    os.umask(0o022)  # what is made on the way has the same rights, whoever makes it
    sys.exit(cli.main(sys.argv[1:]))
