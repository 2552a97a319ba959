# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Picks a field of what was read and makes the bytes of it that a container sees."""

from __future__ import annotations

import typing as t

from .._common import base64_text, errors, secret_value
from . import json_text

# The engine takes 1 to 511,999 bytes ("secret data must be larger than 0 and less than 512000
# bytes", validateSecretSpec in swarmkit's manager/controlapi/secret.go).
SIZE_LIMIT = 512_000
_ANSWER_PARTS = ("request_id", "lease_id", "lease_duration", "renewable", "data", "warnings")


class Fields:
    """The fields at one path of Vault, whose values cannot be shown by accident.

    :param place: where they were read, for messages.
    :param data: the JSON object.
    :param answer: all that Vault answered.
    """

    __slots__ = ("_answer", "_data", "_place")

    def __init__(
        self, place: str, data: t.Mapping[str, t.Any], answer: t.Mapping[str, t.Any] | None = None
    ) -> None:
        self._place = place
        self._data = data
        self._answer = answer or {}

    def __repr__(self) -> str:
        return f"Fields({self._place!r}, <hidden>)"

    @property
    def names(self) -> frozenset[str]:
        """The names of the fields, which are no secret."""
        return frozenset(self._data)

    def reveal(self) -> dict[str, t.Any]:
        """Return the object itself; only for where it leaves the process."""
        return dict(self._data)

    def reveal_answer(self) -> dict[str, t.Any]:
        """Return what Vault tells about the fields as well; only for where it leaves the process.

        These are the parts that Vault's own client keeps of an answer (``Secret`` in its
        api/secret.go).
        """
        return {name: self._answer[name] for name in _ANSWER_PARTS if name in self._answer}

    def with_metadata(self) -> secret_value.SecretValue:
        """Return the fields and what Vault tells about them as JSON text.

        :raises SourceError: its size does not suit a Swarm secret.
        """
        return self._encoded(json_text.dumps(self.reveal_answer()), "the whole answer")

    def value(self, field: str | None, value_format: str) -> secret_value.SecretValue:
        """Return a field, or the whole object, as bytes.

        :param field: name of the field; None: the only one, or with ``json`` the whole object.
        :param value_format: ``plain`` gives a text as it is, and any other JSON type but null as
            JSON text; ``json`` gives JSON text of anything; ``base64`` the bytes that a text in
            base64 stands for.
        :raises SourceError: there is no such field, it is not what the format takes, or its size
            does not suit a Swarm secret.
        """
        if field is None and value_format == "json":
            return self._encoded(json_text.dumps(self._data), "the object")
        name = self._only() if field is None else field
        if name not in self._data:
            raise errors.SourceError(
                f"{self._place} has no field {name!r} in Vault; it has {self._names()}.",
                "Set vault_field to one of them.",
            )
        value, what = self._data[name], f"field {name!r}"
        if value_format == "base64":
            return self._sized(self._bytes(value, what), what)
        if value_format == "plain" and value is None:
            raise errors.SourceError(
                f"The value of {what} of {self._place} is null in Vault.",
                "Write a value to it, or set vault_format to json if null is meant.",
            )
        as_text = value_format == "plain" and isinstance(value, str)
        return self._encoded(value if as_text else json_text.dumps(value), what)

    def _only(self) -> str:
        if len(self._data) == 1:
            return next(iter(self._data))
        if not self._data:
            raise errors.SourceError(
                f"{self._place} has no fields in Vault.", "Write a value to it."
            )
        raise errors.SourceError(
            f"{self._place} has several fields in Vault: {self._names()}.",
            "Set vault_field to one of them, or vault_format to json for the whole object.",
        )

    def _names(self) -> str:
        return ", ".join(sorted(self._data)) or "none"

    def _bytes(self, value: t.Any, what: str) -> secret_value.SecretValue:
        data = base64_text.decoded(value) if isinstance(value, str) else None
        if data is None:
            raise errors.SourceError(
                f"The value of {what} of {self._place} is not base64, as vault_format says it is.",
                "Write it to Vault in base64 (base64 -w0 FILE), or leave vault_format out.",
            )
        return data

    def _encoded(self, text: str, what: str) -> secret_value.SecretValue:
        try:
            data = text.encode()
        except UnicodeEncodeError:  # it quotes the text
            data = None
        if data is None:
            raise errors.SourceError(
                f"The value of {what} of {self._place} is not valid Unicode.",
                "Write binary values to Vault in base64, and set vault_format to base64.",
            )
        return self._sized(secret_value.SecretValue(data), what)

    def _sized(self, data: secret_value.SecretValue, what: str) -> secret_value.SecretValue:
        if not 0 < len(data) < SIZE_LIMIT:
            raise errors.SourceError(
                f"The value of {what} of {self._place} has {len(data):,} bytes, but a Swarm secret"
                f" has 1 to {SIZE_LIMIT - 1:,}.",
                "Check vault_field, or split the value." if data else "Write a value to it.",
            )
        return data
