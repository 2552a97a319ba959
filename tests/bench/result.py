# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One figure and what it is held to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """A figure, at most ``limit``."""

    name: str
    value: float
    limit: float
    unit: str = ""
    detail: str = ""

    @property
    def held(self) -> bool:
        """Whether the figure is within its limit."""
        return self.value <= self.limit

    def __str__(self) -> str:
        mark = "ok" if self.held else "!!"
        figure = f"{self.value:.2f}{self.unit} (at most {self.limit:g}{self.unit})"
        return f"{mark}  {self.name}: {figure}" + (f"   {self.detail}" if self.detail else "")
