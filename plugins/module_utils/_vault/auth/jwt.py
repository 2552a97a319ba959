# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``jwt``: a token signed by somebody Vault trusts, such as a CI system.

API: https://openbao.org/api-docs/auth/jwt/#jwt-login
"""

from __future__ import annotations

import typing as t

from .token_info import Token, from_login_answer

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from ..options import VaultOptions

# The mount may have a default role.
REQUIRED: tuple[str, ...] = ("jwt",)
REMEDY = "Set it, or ANSIBLE_HASHI_VAULT_JWT; most mounts need vault_role as well."


def check(options: VaultOptions) -> None:
    """Nothing beyond what is required."""


def login(client: VaultClient, options: VaultOptions, mount: str) -> Token:
    """Log in with the signed token and, where one is named, the role."""
    credentials = {"jwt": options.jwt.reveal().decode() if options.jwt else ""}
    if options.role is not None:
        credentials["role"] = options.role
    return from_login_answer(client.login_request(f"auth/{mount}/login", credentials))
