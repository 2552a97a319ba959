# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``approle``: a role ID and a secret ID (https://openbao.org/api-docs/auth/approle/)."""

from __future__ import annotations

import typing as t

from .. import errors as vault_errors
from . import base, response_wrapping

if t.TYPE_CHECKING:
    from ..._common import secret_value
    from .. import options as vault_options


class AppRole(base.Method):
    """A role with ``bind_secret_id=false`` does without a secret ID."""

    required = ("role_id",)
    remedy = "Set it, or ANSIBLE_HASHI_VAULT_ROLE_ID; most roles need vault_secret_id as well."

    def __init__(self) -> None:
        # It unwraps once, but a token that ends in a long run needs another login.
        self._unwrapped: secret_value.SecretValue | None = None

    def check(self, options: vault_options.VaultOptions) -> None:
        """Make sure that what is said to be wrapped is there, and fits into a request.

        :raises InputError: it is not.
        """
        if options.secret_id_wrapped:
            if options.secret_id is None:
                raise vault_errors.MissingSettingError(
                    "vault_secret_id_wrapped is set without vault_secret_id.",
                    "Set vault_secret_id to the wrapping token.",
                    option="secret_id",
                )
            base.check_printable(options.secret_id, "vault_secret_id")

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with the role ID and, where there is one, the secret ID."""
        secret_id = options.secret_id
        if secret_id is not None and options.secret_id_wrapped:
            if self._unwrapped is None:
                self._unwrapped = response_wrapping.unwrap_secret_id(client, secret_id, mount)
            secret_id = self._unwrapped
        answer = client.auth.approle.login(
            options.role_id, base.secret_text(secret_id), use_token=False, mount_point=mount
        )
        return base.from_login_answer(answer)
