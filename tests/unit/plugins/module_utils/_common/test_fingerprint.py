# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints tell the same value from another one, and tell nobody the value."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.fingerprint import (
    make,
    verify,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from hypothesis import given, settings
from hypothesis import strategies as st

KEY = SecretValue(b"a long random key")
VALUE = SecretValue(b"hunter2")


def test_form_with_a_key() -> None:
    text = make(VALUE, KEY)
    assert re.fullmatch(r"hmac-sha256\$[0-9a-f]{8}\$[0-9a-f]{64}", text)
    # Plain HMAC, so that others can compute it too.
    assert text.endswith(hmac.new(KEY.reveal(), VALUE.reveal(), hashlib.sha256).hexdigest())


def test_form_without_a_key() -> None:
    text = make(VALUE, None)
    assert re.fullmatch(r"scrypt\$16384\$8\$1\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=", text)


def test_salt_differs_each_time_and_the_key_id_never() -> None:
    assert make(VALUE, None) != make(VALUE, None)
    assert make(VALUE, KEY) == make(VALUE, KEY)


def test_neither_key_nor_value_can_be_recognised_by_a_bare_hash() -> None:
    both = make(VALUE, KEY) + make(VALUE, None)
    for text in (VALUE.reveal(), KEY.reveal()):
        for name in ("md5", "sha1", "sha224", "sha256"):
            digest = hashlib.new(name, text).hexdigest()
            assert digest[:8] not in both


@settings(max_examples=15, deadline=None)
@given(
    st.binary(max_size=40), st.binary(max_size=40), st.none() | st.binary(min_size=16, max_size=20)
)
def test_verify_is_true_for_the_same_value_only(
    one: bytes, other: bytes, key_bytes: bytes | None
) -> None:
    key = None if key_bytes is None else SecretValue(key_bytes)
    text = make(SecretValue(one), key)
    assert len(text) < 200
    assert verify(SecretValue(one), text, key) is True
    assert verify(SecretValue(other), text, key) is (one == other)


def test_with_another_key_or_none_it_cannot_be_told() -> None:
    text = make(VALUE, KEY)
    assert verify(VALUE, text, SecretValue(b"another long key")) is None
    assert verify(VALUE, text, None) is None


def test_a_salted_one_is_verified_whatever_key_there_is_now() -> None:
    text = make(VALUE, None)
    assert verify(VALUE, text, KEY) is True
    assert verify(SecretValue(b"other"), text, KEY) is False


@given(st.text(max_size=60) | st.text(max_size=60).map("scrypt${}".format))
def test_any_other_text_cannot_be_told(text: str) -> None:
    assert verify(VALUE, text, None) is None


SALT, DIGEST = "AAAAAAAAAAAAAAAAAAAAAA==", "A" * 43 + "="


@pytest.mark.parametrize(
    "text",
    [
        "scrypt",
        f"scrypt$16384$8$1${SALT}",
        f"scrypt$16384$8$1${SALT}${DIGEST}$more",
        f"scrypt$16383$8$1${SALT}${DIGEST}",  # not a power of two
        f"scrypt$1$8$1${SALT}${DIGEST}",
        f"scrypt$-2$8$1${SALT}${DIGEST}",
        f"scrypt$1073741824$8$1${SALT}${DIGEST}",  # a terabyte of memory
        f"scrypt$16384$8$1000000${SALT}${DIGEST}",  # hours of work
        f"scrypt$16384$0$1${SALT}${DIGEST}",
        f"scrypt$16384$8$1$!${DIGEST}",
        f"scrypt$16384$8$1$${DIGEST}",
        f"scrypt$16384$8$1${SALT}$",
        f"scrypt$16384$8$1${SALT}$AAAA",
        "sha256$00",
    ],
)
def test_a_label_that_somebody_tampered_with_cannot_be_told(text: str) -> None:
    assert verify(VALUE, text, None) is None


def test_a_tampered_digest_with_our_key_id_is_another_value() -> None:
    text = make(VALUE, KEY)
    assert verify(VALUE, text[:-1] + ("0" if text[-1] != "0" else "1"), KEY) is False
    assert verify(VALUE, text[:-1] + "ä", KEY) is False


@pytest.mark.case("V17")
@pytest.mark.parametrize(
    ("key", "problem"), [(b"", "hash_key is empty"), (b"k", "has 1 byte"), (b"k" * 15, "15 bytes")]
)
def test_a_key_that_could_be_guessed_is_refused(key: bytes, problem: str) -> None:
    short = SecretValue(key)
    with pytest.raises(InputError, match=problem) as caught:
        make(VALUE, short)
    assert "openssl rand -base64 32" in caught.value.remedy
    with pytest.raises(InputError, match=problem):
        verify(VALUE, make(VALUE, KEY), short)


def test_it_is_bytes_that_count() -> None:
    assert make(VALUE, SecretValue("ä".encode() * 8))
