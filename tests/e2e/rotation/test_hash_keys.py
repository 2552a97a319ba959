# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fingerprint stands in a label that many may read, so its key must not be a short one."""

from __future__ import annotations

import hashlib
import hmac
import string
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)

from tests.e2e.support.world import World, given, vaulted

PASSWORD = "hunter2"
#: What somebody who can read labels tries: each key of one character, each likely password.
KEYS = [character.encode() for character in string.printable]
PASSWORDS = ["123456", "password", "letmein", PASSWORD]


def guessed(fingerprint: str) -> str | None:
    """Find the value of a fingerprint as whoever sees the label can, without any access."""
    digest = fingerprint.rpartition("$")[2]
    for key in KEYS:
        for password in PASSWORDS:
            if hmac.new(key, password.encode(), hashlib.sha256).hexdigest() == digest:
                return password
    return None


@pytest.mark.case("V17")
@pytest.mark.parametrize("key", [b"k", b"k" * 15])
def test_a_key_that_can_be_guessed_is_refused_before_anything_is_read_or_made(
    world: World, key: bytes
) -> None:
    world.put("keys/short", password=PASSWORD)
    world.vault.clear_audit()
    # Why: with such a key the label gives the value away.
    label = hmac.new(b"k", PASSWORD.encode(), hashlib.sha256).hexdigest()
    assert guessed(f"hmac-sha256$00000000${label}") == PASSWORD

    for asked in (vaulted("db", "keys/short"), given("db", PASSWORD)):
        with pytest.raises(InputError, match=f"hash_key has {len(key)} byte") as refused:
            world.rotate(asked, hash_key=SecretValue(key))
        assert "openssl rand -base64 32" in str(refused.value)

    assert world.names() == []
    assert world.calls == []
    assert world.vault.audit_requests("secret/") == []


@pytest.mark.case("V17")
def test_with_a_long_key_the_same_guesses_find_nothing(world: World) -> None:
    world.rotate(given("db", PASSWORD), hash_key=SecretValue(b"k" * 16))

    label: t.Any = world.secrets()["db_v1"]["swarmvault.fingerprint"]
    assert label.startswith("hmac-sha256$")
    assert guessed(label) is None
