# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret ID that comes response-wrapped, unwrapped where it is to stay.

A token unwraps once. So that a second run with the same one has nothing to do, a file beside the
secret ID says which it was: by a digest, which tells nothing of a token that is long, random and used
up.
"""

from __future__ import annotations

import hashlib
import typing as t
from pathlib import Path

from .._common import secret_value

if t.TYPE_CHECKING:
    from .._vault.options import VaultOptions

#: The file with the secret ID, and the one that says what it was unwrapped from.
SECRET_ID = "secret_id"  # noqa: S105  # the name of a file
RECORD = ".secret_id_unwrapped_from"
_USUAL_MOUNT = "approle"


def record_of(token: secret_value.SecretValue) -> secret_value.SecretValue:
    """Return what the record says of a wrapping token."""
    return secret_value.SecretValue(hashlib.sha256(token.reveal()).hexdigest().encode() + b"\n")


def is_done(directory: Path, token: secret_value.SecretValue) -> bool:
    """Tell whether the secret ID in the directory came out of this token."""
    record = directory / RECORD
    return (
        (directory / SECRET_ID).is_file()
        and record.is_file()
        and secret_value.SecretValue(record.read_bytes()) == record_of(token)
    )


def unwrap(options: VaultOptions, token: secret_value.SecretValue) -> secret_value.SecretValue:
    """Exchange the token for the secret ID.

    :param options: how to reach Vault; without a login.
    :raises SwarmVaultError: it was unwrapped before, is something else, or Vault cannot be asked.
    """
    from .._vault import client
    from .._vault.auth import base, registry, response_wrapping

    base.check_printable(token, "secret_id_wrapped")
    with client.VaultClient(options, registry.Login(options), 1) as vault:
        return response_wrapping.unwrap_secret_id(
            t.cast("base.LoginClient", vault), token, options.auth_mount or _USUAL_MOUNT
        )
