# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reading a secret needs of the log, so that it can be told from outside what happened."""

from __future__ import annotations

import typing as t


class Log(t.Protocol):
    """Writes one line for each call: that of ``structlog``. No argument is ever a value."""

    def info(self, event: str, **known: t.Any) -> t.Any:
        """Tell what happened."""

    def warning(self, event: str, **known: t.Any) -> t.Any:
        """Tell what somebody should look at."""
