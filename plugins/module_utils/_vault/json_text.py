# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON whose numbers keep the text they were written in: ``1.10`` does not become ``1.1``.

Vault gives numbers back as they were written where its engine keeps them so (KV version 1 does).
"""

from __future__ import annotations

import json
import typing as t

# Python refuses to read whole numbers from 4,300 digits on. Nobody counts that far.
_LONG = 300


class WrittenNumber(float):
    """A number that remembers how it was written.

    :param text: the number as JSON has it.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def loads(text: bytes) -> t.Any:
    """Read JSON.

    :raises ValueError: it is none.
    """
    return json.loads(text, parse_float=WrittenNumber, parse_int=_whole)


def dumps(value: t.Any) -> str:
    """Return the same text for the same value always, whatever the order it was written in."""
    if isinstance(value, WrittenNumber):
        return value.text
    if isinstance(value, dict):
        members = (f"{_plain(key)}:{dumps(value[key])}" for key in sorted(value))
        return f"{{{','.join(members)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(dumps, value))}]"
    return _plain(value)


def _plain(value: t.Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _whole(text: str) -> int | WrittenNumber:
    """Return a whole number; what an int would forget is kept as it was written."""
    return WrittenNumber(text) if text == "-0" or len(text) > _LONG else int(text)
