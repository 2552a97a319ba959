# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that are text, which to Ansible take anything.

``vault_field: no`` arrives as ``False`` and ``1.10`` as ``1.1``, and what was meant can no longer be
told.
"""

from __future__ import annotations

import typing as t

from .._common import secret_value

Given = t.Mapping[str, t.Any]
Arguments = t.Mapping[str, t.Mapping[str, t.Any]]

_TEXT = ("str", "path")

#: Text that is a number by nature, and means without quotes what it says.
_NUMBERS = frozenset(("api_version", "vault_timeout", "vault_renew_before"))

#: Text of which even an integer may be something else than was written: YAML reads 010 as 8. Of
#: other texts it is found out by what they name, or does not matter.
_NAMES = frozenset(("name",))


def misread(given: Given, arguments: Arguments, where: str = "") -> list[str]:
    """Name the options whose text YAML or a template made something else of; shows no value.

    :param given: options as they arrived, before Ansible made text of them.
    :param where: which entry they belong to.
    """
    problems = []
    for option, argument in arguments.items():
        for name in (option, *argument.get("aliases", ())):
            value = given.get(name)
            if value is None or value == "":
                continue
            if argument["type"] in _TEXT:
                kind = _misread_as(value, option)
                problems += [f"{name}{where} is {kind}, not text"] if kind else []
            elif isinstance(value, list):
                problems += _misread_items(name, value, argument, where)
    return problems


def _misread_items(
    name: str, items: t.Sequence[t.Any], argument: t.Mapping[str, t.Any], where: str
) -> list[str]:
    problems = []
    for number, item in enumerate(items, 1):
        if argument.get("elements") in _TEXT:
            kind = _misread_as(item, name)
            problems += [f"item {number} of {name}{where} is {kind}, not text"] if kind else []
        elif "options" in argument and isinstance(item, t.Mapping):
            called = item.get("name")
            title = called if isinstance(called, str) else f"entry {number} of {name}"
            problems += misread(item, argument["options"], f" of {title}{where}")
    return problems


def kind_of(value: object) -> str | None:
    """Say what YAML or a template made of a value, without showing it; None: it is text."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, t.Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else None


def _misread_as(value: object, option: str) -> str | None:
    """Say what a value is that should be text, None where it is, or can be taken for it."""
    if not isinstance(value, bool):
        if isinstance(value, float) and option in _NUMBERS:
            return None
        if isinstance(value, int) and option not in _NAMES:
            return None
    return kind_of(value)


def text_value(text: str) -> secret_value.SecretValue:
    """Return the bytes of a text: Ansible carries those that are not UTF-8 as surrogates."""
    return secret_value.SecretValue(text.encode("utf-8", errors="surrogateescape"))
