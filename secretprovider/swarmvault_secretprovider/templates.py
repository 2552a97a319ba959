# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings with words of a task in them: ``secret/{stack}/*`` or ``app-{service}``.

Whoever deploys a service chooses its name and labels, so that they are put in as they are: as text
that stands for itself, and never as a part of the setting.
"""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    from .protocol import SecretRequest

_WORD = re.compile(r"(\{[^{}]*\})")
_LABEL = "label:"
_WORDS = ("service", "stack", "secret")
#: How to write them, for messages.
KNOWN = "{service}, {stack}, {secret} and {label:NAME}"


class Piece(t.NamedTuple):
    """A piece of a setting.

    :param text: what it is, or what to put in.
    :param given: it comes from the task.
    """

    text: str
    given: bool


def problem(setting: str) -> str | None:
    """Say what is wrong with the words in a setting; None: nothing."""
    for piece in _WORD.split(setting):
        if not piece.startswith("{") and not set(piece) & set("{}"):
            continue
        word = piece[1:-1]
        label = word[len(_LABEL) :] if word.startswith(_LABEL) else ""
        if not (_WORD.fullmatch(piece) and (word in _WORDS or label.strip())):
            return f"has {piece!r}, which is not known: there are {KNOWN}"
    return None


def filled_in(setting: str, request: SecretRequest) -> list[Piece]:
    """Return a setting with what a task says in place of the words; what it does not is empty."""
    return [
        Piece(_said(piece[1:-1], request), given=True)
        if _WORD.fullmatch(piece)
        else Piece(piece, given=False)
        for piece in _WORD.split(setting)
        if piece
    ]


def words_in(setting: str) -> list[str]:
    """Return the words in a setting, as they are written."""
    return _WORD.findall(setting)


def _said(word: str, request: SecretRequest) -> str:
    if word.startswith(_LABEL):
        return request.service_labels.get(word[len(_LABEL) :], "")
    said = {
        "service": request.service_name,
        "stack": request.stack,
        "secret": request.logical_secret,
    }
    return said[word]
