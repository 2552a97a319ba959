# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``jwt``: a token signed by somebody Vault trusts, such as a CI system.

API: https://openbao.org/api-docs/auth/jwt/#jwt-login
"""

from __future__ import annotations

import typing as t

from ..errors import MissingSettingError
from .base import Token, from_login_answer
from .signed_token import signed_token

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from ..options import VaultOptions

# The mount may have a default role.
REQUIRED: tuple[str, ...] = ()
REMEDY = ""


def check(options: VaultOptions) -> None:
    """Make sure that there is a signed token, or a file for it.

    :raises InputError: there is none.
    """
    if options.jwt is None and options.jwt_file is None:
        raise MissingSettingError(
            "The login with vault_auth_method jwt needs vault_jwt or vault_jwt_file.",
            "Set one of them, or ANSIBLE_HASHI_VAULT_JWT or ANSIBLE_HASHI_VAULT_JWT_FILE; most"
            " mounts need vault_role as well.",
            option="jwt",
        )


def login(client: VaultClient, options: VaultOptions, mount: str) -> Token:
    """Log in with the signed token and, where one is named, the role.

    :raises InputError: there is no signed token in its file.
    """
    credentials = {"jwt": signed_token(options)}
    if options.role is not None:
        credentials["role"] = options.role
    return from_login_answer(client.login_request(f"auth/{mount}/login", credentials))
