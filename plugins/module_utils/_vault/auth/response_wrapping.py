# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A credential that comes wrapped: a token of single use stands for it.

Whoever unwraps it first is the only one to read it, so that a thief does not go unnoticed:
https://openbao.org/docs/concepts/response-wrapping/
"""

from __future__ import annotations

import re

from ..._common import secret_value
from .. import errors as vault_errors
from . import base


def unwrap_secret_id(
    client: base.LoginClient, wrapping: secret_value.SecretValue, mount: str
) -> secret_value.SecretValue:
    """Return the secret ID of an AppRole that a wrapping token stands for.

    :param wrapping: the wrapping token, which is used up.
    :param mount: where the method is mounted; what something else made is not unwrapped.
    :raises LoginError: it was unwrapped before, or is not what it should be.
    :raises SwarmVaultError: Vault cannot be asked.
    """
    try:
        token = wrapping.reveal().decode()
        looked_up = client.write_data("sys/wrapping/lookup", data={"token": token})
        made = looked_up.get("data") or {}
        _check_origin(str(made.get("creation_path")), mount)
        data = client.showing(base.Token(wrapping)).sys.unwrap().get("data") or {}
    except vault_errors.RefusedError as error:
        said = f": {'; '.join(error.errors)}" if error.errors else ""
        raise vault_errors.LoginError(
            f"Vault does not unwrap the secret ID ({error.status}{said}): the wrapping token in"
            " vault_secret_id has expired, was used before, or is not a wrapping token.",
            "Somebody may have read the secret ID: look for who unwrapped it in Vault's audit log,"
            " and destroy it where you cannot tell. Then wrap a new one. A wrapping token serves"
            " one run of one task.",
        ) from None
    secret_id = data.get("secret_id")
    if not isinstance(secret_id, str) or not secret_id:
        raise _other(mount, "something else at that path")  # a list, which has the same path
    return secret_value.SecretValue(secret_id.encode())


def _check_origin(creation_path: str, mount: str) -> None:
    """Make sure that Vault wrapped a new secret ID, and not somebody something else.

    Who has read a secret ID can wrap it anew, but not so that Vault names this path. Vault names
    it whole, relative to the namespace of the token (``wrapInCubbyhole`` in vault/wrapping.go
    keeps ``req.Path``, which the HTTP layer has trimmed), so that the end alone says nothing: a
    key/value engine or a cubbyhole has paths that end alike. ``custom-secret-id`` of the same
    mount is not enough either: who writes there chooses the secret ID, which may be a stolen one.

    :raises LoginError: it is something else.
    """
    if re.fullmatch(rf"auth/{re.escape(mount)}/role/[^/]+/secret-id", creation_path):
        return
    raise _other(mount, creation_path)


def _other(mount: str, made_by: str) -> vault_errors.LoginError:
    return vault_errors.LoginError(
        f"The wrapping token in vault_secret_id does not hold a secret ID of auth/{mount}: it was"
        f" made by {made_by}.",
        "Somebody may have exchanged it: find out where it comes from. If it comes from another"
        " mount, set vault_auth_mount.",
    )
