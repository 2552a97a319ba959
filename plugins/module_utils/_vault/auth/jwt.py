# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``jwt``: a token signed by somebody Vault trusts, such as a CI system.

API: https://openbao.org/api-docs/auth/jwt/#jwt-login
"""

from __future__ import annotations

import typing as t

from .. import errors as vault_errors
from . import base, signed_token

if t.TYPE_CHECKING:
    from .. import options as vault_options


class Jwt(base.Method):
    """The mount may have a default role."""

    def check(self, options: vault_options.VaultOptions) -> None:
        """Make sure that there is a signed token, or a file for it.

        :raises InputError: there is none.
        """
        if options.jwt is None and options.jwt_file is None:
            raise vault_errors.MissingSettingError(
                "The login with vault_auth_method jwt needs vault_jwt or vault_jwt_file.",
                "Set one of them, or ANSIBLE_HASHI_VAULT_JWT or ANSIBLE_HASHI_VAULT_JWT_FILE; most"
                " mounts need vault_role as well.",
                option="jwt",
            )

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with the signed token and, where one is named, the role.

        :raises InputError: there is no signed token in its file.
        """
        answer = client.auth.jwt.jwt_login(
            options.role, signed_token.signed_token(options), use_token=False, path=mount
        )
        return base.from_login_answer(answer)
