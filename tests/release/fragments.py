# SPDX-License-Identifier: GPL-3.0-or-later
"""One shape for all changelog fragments, which "make format" gives them."""

from __future__ import annotations

import textwrap
import typing as t

import yaml

BEGINNING = "# SPDX-License-Identifier: GPL-3.0-or-later\n---\n"
WIDTH = 98


def shaped(text: str) -> str:
    """Return a fragment as it is to be written: each change folded, below a mark of its own.

    Folded, so that a colon in a sentence cannot make a mapping of it.
    """
    sections: dict[str, t.Any] = yaml.safe_load(text)
    return BEGINNING + "".join(
        f"{name}: >-\n{_wrapped(changes, 2)}"
        if isinstance(changes, str)
        else f"{name}:\n{''.join(map(_entry, changes))}"
        for name, changes in sections.items()
    )


def _entry(change: str | dict[str, str]) -> str:
    if isinstance(change, str):
        return f"  - >-\n{_wrapped(change, 4)}"
    # What is added beside changes, such as a playbook, has a name and a description.
    lines = [f"{key}: {value}" for key, value in change.items()]
    return "  - " + "\n    ".join(lines) + "\n"


def _wrapped(text: str, indent: int) -> str:
    blanks = " " * indent
    folded = textwrap.fill(
        text,
        WIDTH,
        initial_indent=blanks,
        subsequent_indent=blanks,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{folded}\n"
