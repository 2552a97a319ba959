# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``approle``: a role ID and a secret ID (https://openbao.org/api-docs/auth/approle/)."""

from __future__ import annotations

import typing as t

from ..errors import MissingSettingError
from .base import Token, check_printable, from_login_answer
from .response_wrapping import unwrap_secret_id

if t.TYPE_CHECKING:
    from ..._common.secret_value import SecretValue
    from ..client import VaultClient
    from ..options import VaultOptions

# A role with bind_secret_id=false does without a secret ID.
REQUIRED: tuple[str, ...] = ("role_id",)
REMEDY = "Set it, or ANSIBLE_HASHI_VAULT_ROLE_ID; most roles need vault_secret_id as well."


def check(options: VaultOptions) -> None:
    """Make sure that what is said to be wrapped is there, and fits into a request.

    :raises InputError: it is not.
    """
    if options.secret_id_wrapped:
        if options.secret_id is None:
            raise MissingSettingError(
                "vault_secret_id_wrapped is set without vault_secret_id.",
                "Set vault_secret_id to the wrapping token.",
                option="secret_id",
            )
        check_printable(options.secret_id, "vault_secret_id")


def login(client: VaultClient, options: VaultOptions, mount: str) -> Token:
    """Log in with the role ID and, where there is one, the secret ID."""
    credentials: dict[str, t.Any] = {"role_id": options.role_id}
    secret_id = _secret_id(client, options, mount)
    if secret_id is not None:
        credentials["secret_id"] = secret_id.reveal().decode()
    return from_login_answer(client.login_request(f"auth/{mount}/login", credentials))


def _secret_id(client: VaultClient, options: VaultOptions, mount: str) -> SecretValue | None:
    if options.secret_id is None or not options.secret_id_wrapped:
        return options.secret_id
    # It unwraps once, but a token that ends in a long run needs another login.
    if "secret_id" not in client.unwrapped:
        client.unwrapped["secret_id"] = unwrap_secret_id(client, options.secret_id, mount)
    return client.unwrapped["secret_id"]
