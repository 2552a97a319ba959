# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``cert``: the TLS certificate that this host shows.

API: https://openbao.org/api-docs/auth/cert/#login-with-tls-certificate-method
"""

from __future__ import annotations

import typing as t

from .base import Token, from_login_answer

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from ..options import VaultOptions

REQUIRED: tuple[str, ...] = ("client_cert",)
REMEDY = "Set it to a PEM file, with vault_client_key where the key is not in there."


def check(options: VaultOptions) -> None:
    """Nothing beyond what is required."""


def login(client: VaultClient, options: VaultOptions, mount: str) -> Token:
    """Log in with the certificate; without a role Vault looks for one that admits it."""
    role = {} if options.role is None else {"name": options.role}
    return from_login_answer(client.login_request(f"auth/{mount}/login", role))
