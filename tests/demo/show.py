# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the demo prints: steps, what happened, what to look at."""

from __future__ import annotations

import sys
import textwrap
import typing as t

_TTY = sys.stdout.isatty()


def _styled(code: str, text: str) -> str:
    return f"\033[{code}m{text}\033[0m" if _TTY else text


def step(number: int, title: str) -> None:
    """Begin a step."""
    print(f"\n{_styled('1;36', f'== {number}. {title}')}", flush=True)


def say(text: str) -> None:
    """Explain, wrapped."""
    print(textwrap.fill(" ".join(text.split()), 96, initial_indent="   ", subsequent_indent="   "))
    sys.stdout.flush()


def line(text: str, *, good: bool | None = None) -> None:
    """Print one fact, marked as expected or not where that can be told."""
    mark = {True: _styled("32", "ok"), False: _styled("31", "!!"), None: "  "}[good]
    print(f"   {mark} {text}", flush=True)


def lines(texts: t.Iterable[str]) -> None:
    """Print facts."""
    for text in texts:
        line(text)


def ending(texts: tuple[str, str, str]) -> None:
    """Print the last lines of all."""
    print()
    for text in texts:
        print(f"   {_styled('1', text)}")
    sys.stdout.flush()
