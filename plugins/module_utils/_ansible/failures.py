# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an edge may tell of an error: nothing that could hold a value."""

from __future__ import annotations

import traceback
import typing as t

from .._common import errors


class Problem(t.NamedTuple):
    """An error, fit to be shown.

    :param trace: where a bug showed, without the text of any exception; None for a domain error.
    """

    message: str
    trace: str | None = None


def describe_error(error: Exception) -> Problem:
    """Tell of a domain error what it says, and of any other where it happened."""
    if isinstance(error, errors.SwarmVaultError):
        return Problem(str(error))
    message = f"Unexpected {_kind(error)}, a bug in swarmvault.secrets: {_place(error)}."
    return Problem(message, _frames(error))


def _kind(error: BaseException) -> str:
    return type(error).__name__


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"line {frame.lineno} of {frame.filename.rsplit('/', 1)[-1]}, in {frame.name}"


def _frames(error: BaseException) -> str:
    """Format a traceback of code lines and exception types, without any exception's text."""
    parts: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = traceback.format_tb(link.__traceback__)
        parts.insert(0, "".join([*frames, f"{_kind(link)} (text withheld)\n"]))
        link = link.__cause__ or link.__context__
    return "\ncaused:\n".join(parts)
