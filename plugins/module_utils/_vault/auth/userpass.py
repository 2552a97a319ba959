# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Methods ``userpass``, ``ldap``, ``okta`` and ``radius``: a user and a password.

All take the same request: https://openbao.org/api-docs/auth/userpass/#login,
https://developer.hashicorp.com/vault/api-docs/auth/okta#login and its like. OpenBao has ``userpass``
built in, HashiCorp Vault all of them.
"""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from ..._common import errors
from . import base

if t.TYPE_CHECKING:
    from .. import options as vault_options


class UserPassword(base.Method):
    """Logs in by the API class of ``hvac`` that the method is named after."""

    required = ("username", "password")
    remedy = "Set it, or its environment variable ANSIBLE_HASHI_VAULT_USERNAME or _PASSWORD."

    def check(self, options: vault_options.VaultOptions) -> None:
        """Make sure that the user is one part of a path.

        :raises InputError: it is not.
        """
        if "/" in (options.username or "") or options.username in (".", ".."):
            raise errors.InputError(
                f"vault_username {options.username!r} cannot be a user.",
                "Name it without a slash.",
            )

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with the user and the password."""
        user = str(options.username)
        if options.auth_method == "userpass":
            # The one whose path hvac does not quote.
            user, mount = quote(user), quote(mount)
        api = getattr(client.auth, options.auth_method)
        answer = api.login(
            user, base.secret_text(options.password), use_token=False, mount_point=mount
        )
        return base.from_login_answer(answer)
