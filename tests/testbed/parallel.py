# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same thing for several nodes, side by side."""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import typing as t

X = t.TypeVar("X")
Y = t.TypeVar("Y")


def each(action: c.Callable[[X], Y], items: c.Iterable[X]) -> list[Y]:
    """Call action with every item at once; give the results in order, or raise the first error."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(action, items))
