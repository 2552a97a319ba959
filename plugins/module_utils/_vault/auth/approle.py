# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``approle``: a role ID and a secret ID (https://openbao.org/api-docs/auth/approle/)."""

from __future__ import annotations

import typing as t

from .token_info import Token, from_login_answer

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from ..options import VaultOptions

# A role with bind_secret_id=false does without a secret ID.
REQUIRED: tuple[str, ...] = ("role_id",)
REMEDY = "Set it, or ANSIBLE_HASHI_VAULT_ROLE_ID; most roles need vault_secret_id as well."


def check(options: VaultOptions) -> None:
    """Nothing beyond what is required."""


def login(client: VaultClient, options: VaultOptions, mount: str) -> Token:
    """Log in with the role ID and, where there is one, the secret ID."""
    credentials: dict[str, t.Any] = {"role_id": options.role_id}
    if options.secret_id is not None:
        credentials["secret_id"] = options.secret_id.reveal().decode()
    return from_login_answer(client.login_request(f"auth/{mount}/login", credentials))
