# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the beds of a test run are called, and whether they stay."""

from __future__ import annotations

import os


def bed_name() -> str:
    """Return the name of the newest bed; tests that run side by side have each their own."""
    name = os.environ.get("SWARMVAULT_BED", "e2e")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return f"{name}-{worker}" if worker else name


def kept() -> bool:
    """Whether beds are left running after the tests, to look around in."""
    return os.environ.get("SWARMVAULT_KEEP_BED") == "1"
