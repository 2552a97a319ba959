# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Methods ``userpass`` and ``ldap``: a user and a password.

Both take the same request: https://openbao.org/api-docs/auth/userpass/#login,
https://openbao.org/api-docs/auth/ldap/#login-with-ldap-user
"""

from __future__ import annotations

import typing as t

from ..._common.errors import InputError
from .base import Token, from_login_answer

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from ..options import VaultOptions

REQUIRED: tuple[str, ...] = ("username", "password")
REMEDY = "Set it, or its environment variable ANSIBLE_HASHI_VAULT_USERNAME or _PASSWORD."


def check(options: VaultOptions) -> None:
    """Make sure that the user is one part of a path.

    :raises InputError: it is not.
    """
    if "/" in (options.username or "") or options.username in (".", ".."):
        raise InputError(
            f"vault_username {options.username!r} cannot be a user.", "Name it without a slash."
        )


def login(client: VaultClient, options: VaultOptions, mount: str) -> Token:
    """Log in with the user and the password."""
    password = options.password.reveal().decode() if options.password else ""
    return from_login_answer(
        client.login_request(f"auth/{mount}/login/{options.username}", {"password": password})
    )
