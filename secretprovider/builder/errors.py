# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the way of a build, told with what to do about it."""

from __future__ import annotations


class BuildError(Exception):
    """The plugin cannot be built or created.

    :param problem: what is missing or failed, in a sentence.
    :param remedy: what to do about it, in a sentence.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
