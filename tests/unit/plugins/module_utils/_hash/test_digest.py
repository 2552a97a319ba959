# SPDX-License-Identifier: GPL-3.0-or-later
"""Hashes say how they were made, so that only comparable ones are compared."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash import digest
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.digest import Hasher, same

VALUE = SecretValue(b"hunter2")
KEY = SecretValue(b"a key of enough bytes")
KEYED = Hasher("hmac-sha256", KEY)
ANOTHER = Hasher("hmac-sha256", SecretValue(b"another key, long too"))
BARE = Hasher("sha256", None)


def test_the_default_hash_is_an_hmac_that_names_its_key() -> None:
    algorithm, key_id, hexadecimal = KEYED.make(VALUE).split("$")
    assert algorithm == "hmac-sha256"
    assert len(key_id) == 8
    assert hexadecimal == hmac.new(KEY.reveal(), b"hunter2", hashlib.sha256).hexdigest()


def test_a_bare_hash_is_the_digest_of_the_value() -> None:
    assert BARE.make(VALUE) == f"sha256${hashlib.sha256(b'hunter2').hexdigest()}"


def test_a_bare_hash_does_not_depend_on_a_key_that_is_there_for_others() -> None:
    keyed = Hasher("sha256", SecretValue(b"key"))
    assert keyed.make(VALUE) == BARE.make(VALUE)
    assert keyed.problem(BARE.make(VALUE)) is None


@pytest.mark.parametrize("hasher", [KEYED, BARE])
def test_the_same_value_gives_the_same_hash_and_another_value_another(hasher: Hasher) -> None:
    again = Hasher(hasher.algorithm, KEY)
    assert same(hasher.make(VALUE), again.make(SecretValue(b"hunter2")))
    assert not same(hasher.make(VALUE), hasher.make(SecretValue(b"hunter3")))
    assert hasher.problem(again.make(VALUE)) is None


def test_hashes_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(digest.hmac, "compare_digest", lambda *pair: compared.append(pair) or True)
    assert same("one", "other")
    assert compared == [(b"one", b"other")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BARE.make(VALUE), "was made with the algorithm sha256, but this run uses hmac-sha256"),
        (ANOTHER.make(VALUE), "was made with another hash_key"),
        ("", "was not made by vault_secret_hash"),
        ("hunter2", "was not made by vault_secret_hash"),
        (KEYED.make(VALUE)[:-1], "was not made by vault_secret_hash"),
        (KEYED.make(VALUE).upper(), "was not made by vault_secret_hash"),
        (f"md5${'0' * 64}", "was not made by vault_secret_hash"),
        (f"scrypt$1$1$1$x${'0' * 64}", "was not made by vault_secret_hash"),
    ],
)
def test_what_cannot_be_compared_is_told(text: str, problem: str) -> None:
    assert KEYED.problem(text) == problem


@pytest.mark.case("V17")
@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (None, "hash_key is missing"),
        (SecretValue(b""), "hash_key is empty"),
        (SecretValue(b"k"), "hash_key has 1 byte, but must have at least 16"),
        (SecretValue(b"k" * 15), "hash_key has 15 bytes, but must have at least 16"),
    ],
)
def test_an_hmac_needs_a_long_key(key: SecretValue | None, problem: str) -> None:
    with pytest.raises(InputError, match=f"needs a long key, but {problem}") as caught:
        Hasher("hmac-sha256", key)
    assert "openssl rand -base64 32" in caught.value.remedy


def test_another_algorithm_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"algorithm is 'md5', but must be one of hmac-sha256, sha256\."
    ):
        Hasher("md5", SecretValue(b"key"))
