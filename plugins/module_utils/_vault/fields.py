# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Picks a field of what was read and makes the bytes of it that a container sees."""

from __future__ import annotations

import json
import typing as t

from .._common.errors import SourceError
from .._common.secret_value import SecretValue

# The engine takes 1 to 511,999 bytes ("secret data must be larger than 0 and less than 512000
# bytes", validateSecretSpec in swarmkit's manager/controlapi/secret.go).
SIZE_LIMIT = 512_000


class Fields:
    """The fields at one path of Vault, whose values cannot be shown by accident.

    :param place: where they were read, for messages.
    :param data: the JSON object.
    """

    __slots__ = ("_data", "_place")

    def __init__(self, place: str, data: t.Mapping[str, t.Any]) -> None:
        self._place = place
        self._data = data

    def __repr__(self) -> str:
        return f"Fields({self._place!r}, <hidden>)"

    def value(self, field: str | None, value_format: str) -> SecretValue:
        """Return a field, or the whole object, as bytes.

        :param field: name of the field; None: the only one, or with ``json`` the whole object.
        :param value_format: ``plain`` gives a text as it is and any other JSON type as JSON text;
            ``json`` gives JSON text of anything.
        :raises SourceError: there is no such field, or its size does not suit a Swarm secret.
        """
        if field is None and value_format == "json":
            return self._sized(_json_text(self._data), "the object")
        name = self._only() if field is None else field
        if name not in self._data:
            raise SourceError(
                f"{self._place} has no field {name!r} in Vault; it has {self._names()}.",
                "Set vault_field to one of them.",
            )
        value = self._data[name]
        as_text = value_format == "plain" and isinstance(value, str)
        return self._sized(value if as_text else _json_text(value), f"field {name!r}")

    def _only(self) -> str:
        if len(self._data) == 1:
            return next(iter(self._data))
        if not self._data:
            raise SourceError(f"{self._place} has no fields in Vault.", "Write a value to it.")
        raise SourceError(
            f"{self._place} has several fields in Vault: {self._names()}.",
            "Set vault_field to one of them, or vault_format to json for the whole object.",
        )

    def _names(self) -> str:
        return ", ".join(sorted(self._data)) or "none"

    def _sized(self, text: str, what: str) -> SecretValue:
        try:
            data = text.encode()
        except UnicodeEncodeError:  # it quotes the text
            data = None
        if data is None:
            raise SourceError(
                f"The value of {what} of {self._place} is not valid Unicode.",
                "Write binary values to Vault in base64.",
            )
        if not 0 < len(data) < SIZE_LIMIT:
            raise SourceError(
                f"The value of {what} of {self._place} has {len(data):,} bytes, but a Swarm secret"
                f" has 1 to {SIZE_LIMIT - 1:,}.",
                "Check vault_field, or split the value." if data else "Write a value to it.",
            )
        return SecretValue(data)


def _json_text(value: t.Any) -> str:
    """Return the same text for the same value always, whatever the order it was written in."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
