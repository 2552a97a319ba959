# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hashes that say how they were made: ``hmac-sha256$<key id>$<hex>`` or ``sha256$<hex>``."""

from __future__ import annotations

import hashlib
import hmac
import re
import typing as t

from .._common import errors, fingerprint, secret_value

HMAC_SHA256 = "hmac-sha256"
SHA256 = "sha256"
ALGORITHMS = (HMAC_SHA256, SHA256)

_HEX = re.compile(r"[0-9a-f]{64}")


@t.final
class Hasher:
    """Makes all hashes of a run.

    :param algorithm: one of :data:`ALGORITHMS`.
    :param hash_key: key for ``hmac-sha256``; not used by ``sha256``.
    :raises InputError: the algorithm is not known, or has no key that is long enough.
    """

    def __init__(self, algorithm: str, hash_key: secret_value.SecretValue | None) -> None:
        if algorithm not in ALGORITHMS:
            raise errors.InputError(
                f"algorithm is {algorithm!r}, but must be one of {', '.join(ALGORITHMS)}."
            )
        if algorithm == HMAC_SHA256:
            no_key = "hash_key is missing"
            problem = no_key if hash_key is None else fingerprint.key_problem(hash_key)
            if problem:
                raise errors.InputError(
                    f"{HMAC_SHA256} needs a long key, but {problem}.", fingerprint.KEY_REMEDY
                )
        self.algorithm = algorithm
        self._key = hash_key if algorithm == HMAC_SHA256 else None
        self._scheme = self.make(secret_value.SecretValue(b"")).rpartition("$")[0]

    def make(self, value: secret_value.SecretValue) -> str:
        """Return the hash of a value."""
        if self._key is not None:
            return fingerprint.make(value, self._key)
        return f"{SHA256}${hashlib.sha256(value.reveal()).hexdigest()}"

    def problem(self, text: str) -> str | None:
        """Say why a hash cannot be compared with those of this run; None where it can."""
        scheme, _separator, digest = text.rpartition("$")
        if scheme == self._scheme and _HEX.fullmatch(digest):
            return None
        algorithm = scheme.partition("$")[0]
        if algorithm not in ALGORITHMS or not _HEX.fullmatch(digest):
            return "was not made by vault_secret_hash"
        if algorithm != self.algorithm:
            return f"was made with the algorithm {algorithm}, but this run uses {self.algorithm}"
        return "was made with another hash_key"


def same(one: str, other: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
