# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error this package raises on purpose."""

from __future__ import annotations


class BedError(RuntimeError):
    """Something the testbed needs is missing or did not happen; the message says what to try."""
