# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one type that carries secret values."""

from __future__ import annotations

import hmac
import typing as t


class SecretValue:
    """Bytes of a secret that cannot be shown, pickled or hashed by accident.

    From the moment a value is read until it is handed to the engine it lives in here.
    Call :meth:`reveal` only where the bytes leave the process or are digested.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def reveal(self) -> bytes:
        """Return the bytes themselves."""
        return self._data

    def __len__(self) -> int:
        return len(self._data)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        if not isinstance(other, SecretValue):
            return NotImplemented
        return hmac.compare_digest(self._data, other._data)

    # Unhashable: a hash of a value is a digest of it that could end up somewhere.
    __hash__ = None  # type: ignore[assignment]  # the documented way to say so

    def __repr__(self) -> str:
        return "SecretValue(<hidden>)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> t.NoReturn:
        raise TypeError("a SecretValue cannot be pickled or copied")
