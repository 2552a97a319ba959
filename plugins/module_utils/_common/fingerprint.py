# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fingerprints: tell "same value" without telling the value, short enough for a label.

``hmac-sha256$<key id>$<hex>`` with a key, ``scrypt$<n>$<r>$<p>$<salt>$<digest>`` without one. A
bare hash would let anyone who may inspect secrets try out passwords at billions a second.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import os

from . import errors, secret_value

#: 128 bits where they are random. A shorter key can itself be tried out: a label tells when it is
#: found, and then each guess at a value costs nothing.
LEAST_KEY_BYTES = 16
#: How to make a key that is long enough.
MAKE_A_KEY = (
    "make one with 'openssl rand -base64 32' or"
    " lookup('ansible.builtin.password', 'hash_key.txt', length=32), and use it in every run"
)
KEY_REMEDY = f"{MAKE_A_KEY[0].upper()}{MAKE_A_KEY[1:]}."
_HMAC = "hmac-sha256"
_SCRYPT = "scrypt"
# RFC 7914: 16 MiB and about 50 ms for each guess.
_N, _R, _P = 16384, 8, 1
_SALT_BYTES = 16
_DIGEST_BYTES = 32
# What a label may make us spend: a fingerprint of somebody else must not stop a run.
_MAX_MEMORY = 64 * 1024 * 1024
_MAX_P = 4
# Not a secret: it keeps the key's id apart from other uses of the key.
_KEY_ID_SALT = b"swarmvault.fingerprint.key-id"
_KEY_ID_BYTES = 4


def key_problem(hash_key: secret_value.SecretValue) -> str | None:
    """Say why a key does not keep guesses off; None where it may."""
    if not hash_key:
        return "hash_key is empty"
    if len(hash_key) < LEAST_KEY_BYTES:
        bytes_text = "1 byte" if len(hash_key) == 1 else f"{len(hash_key)} bytes"
        return f"hash_key has {bytes_text}, but must have at least {LEAST_KEY_BYTES}"
    return None


def make(value: secret_value.SecretValue, hash_key: secret_value.SecretValue | None) -> str:
    """Return the fingerprint of a value.

    :param value: what to take the fingerprint of.
    :param hash_key: key; None takes a random salt, so that each fingerprint looks different.
    :raises InputError: the key is too short.
    """
    if hash_key is not None:
        key = _checked(hash_key)
        digest = hmac.new(key, value.reveal(), hashlib.sha256).hexdigest()
        return f"{_HMAC}${_key_id(key)}${digest}"
    salt = os.urandom(_SALT_BYTES)
    digest_text = _b64(_scrypt(value.reveal(), salt, _N, _R, _P, _DIGEST_BYTES))
    return f"{_SCRYPT}${_N}${_R}${_P}${_b64(salt)}${digest_text}"


def verify(
    value: secret_value.SecretValue, fingerprint: str, hash_key: secret_value.SecretValue | None
) -> bool | None:
    """Tell whether a fingerprint was made of a value.

    :param value: the value now.
    :param fingerprint: as :func:`make` returned it.
    :param hash_key: the key now; fingerprints without a key are verified with and without one.
    :returns: None where it cannot be told: another key, none, or a form that is not known.
    :raises InputError: the key is too short.
    """
    scheme, _separator, rest = fingerprint.partition("$")
    if scheme == _HMAC and hash_key is not None:
        key = _checked(hash_key)
        if rest.partition("$")[0] != _key_id(key):
            return None
        return hmac.compare_digest(fingerprint.encode(), make(value, hash_key).encode())
    if scheme == _SCRYPT:
        return _verify_scrypt(value, rest)
    return None


def _verify_scrypt(value: secret_value.SecretValue, text: str) -> bool | None:
    try:
        n, r, p, salt, digest = text.split("$")
        parts = int(n), int(r), int(p)
        salt_bytes, digest_bytes = (
            base64.b64decode(part, validate=True) for part in (salt, digest)
        )
    except (ValueError, binascii.Error):
        return None
    if not _affordable(*parts) or len(digest_bytes) != _DIGEST_BYTES or not salt_bytes:
        return None
    found = _scrypt(value.reveal(), salt_bytes, *parts, len(digest_bytes))
    return hmac.compare_digest(found, digest_bytes)


def _affordable(n: int, r: int, p: int) -> bool:
    """Whether these are parameters of scrypt, and cheap enough."""
    return n > 1 and n & (n - 1) == 0 and r > 0 and 0 < p <= _MAX_P and 128 * n * r <= _MAX_MEMORY


def _scrypt(data: bytes, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:  # noqa: PLR0913, PLR0917  # RFC 7914 names them
    return hashlib.scrypt(data, salt=salt, n=n, r=r, p=p, dklen=length, maxmem=2 * _MAX_MEMORY)


@functools.lru_cache(maxsize=4)
def _key_id(key: bytes) -> str:
    """Return a short name of a key, so that a changed key is told apart from a changed value.

    As costly to guess from as the fingerprints themselves; the same key has the same name always.
    """
    return _scrypt(key, _KEY_ID_SALT, _N, _R, _P, _KEY_ID_BYTES).hex()


def _checked(hash_key: secret_value.SecretValue) -> bytes:
    problem = key_problem(hash_key)
    if problem:
        raise errors.InputError(f"{problem}.", KEY_REMEDY)
    return hash_key.reveal()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
