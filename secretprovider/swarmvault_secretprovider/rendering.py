# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes of what Vault answered the bytes that a task finds, or the object that is wrapped for it."""

from __future__ import annotations

import typing as t

from swarmvault_core._common.errors import SourceError
from swarmvault_core._common.secret_value import SecretValue
from swarmvault_core._vault.json_text import dumps

from . import wanted as kinds

if t.TYPE_CHECKING:
    from swarmvault_core._vault.fields import Fields

    from .wanted import Wanted


def value_of(fields: Fields, wanted: Wanted) -> SecretValue:
    """Return what a task finds in its file.

    :raises SourceError: the field that is meant is not there, or not what the format takes.
    """
    if wanted.format == kinds.WITH_METADATA:
        return fields.with_metadata()
    return fields.value(_field(fields, wanted), wanted.format)


def payload_of(fields: Fields, wanted: Wanted) -> dict[str, t.Any]:
    """Return the object that is wrapped: the fields by their names, or only the one that is named.

    :raises SourceError: the field that is meant is not there.
    """
    if wanted.format == kinds.WITH_METADATA and not wanted.wraps_all:
        return fields.reveal_answer()
    every = fields.reveal()
    field = None if wanted.wraps_all else _field(fields, wanted)
    if wanted.wraps_all or (field is None and wanted.format == "json"):
        if not every:
            raise SourceError(f"{wanted.path} has no fields in Vault.", "Write a value to it.")
        return every
    value_of(fields, wanted)  # says what is wrong with it
    name = next(iter(every)) if field is None else field
    return {name: every[name]}


def token_text(answer: t.Mapping[str, t.Any], value_format: str) -> SecretValue:
    """Return what a task finds in the file of a token."""
    if value_format == kinds.WITH_METADATA:
        return SecretValue(dumps({**answer, "auth": dict(answer["auth"])}).encode())
    token = str(answer["auth"]["client_token"])
    return SecretValue((dumps(token) if value_format == "json" else token).encode())


def _field(fields: Fields, wanted: Wanted) -> str | None:
    """Return the field that is meant; None: the only one, or with ``json`` the whole object."""
    named = wanted.source.field if wanted.source else None
    if named is not None or wanted.format == "json" or kinds.USUAL_FIELD not in fields.names:
        return named
    return kinds.USUAL_FIELD
