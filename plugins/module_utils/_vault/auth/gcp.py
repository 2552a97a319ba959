# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``gcp``: a token that Google Cloud signed for a service account or a machine.

API: https://developer.hashicorp.com/vault/api-docs/auth/gcp#login
"""

from __future__ import annotations

import typing as t

from .. import errors as vault_errors
from . import base, signed_token

if t.TYPE_CHECKING:
    from .. import options as vault_options


class Gcp(base.Method):
    """The token is handed over: ``gcloud`` or the metadata server of the machine gives it."""

    required = ("role",)
    remedy = "Set it to the role that admits the service account or the machine."

    def check(self, options: vault_options.VaultOptions) -> None:
        """Make sure that there is a signed token, or a file for it.

        :raises InputError: there is none.
        """
        if options.jwt is None and options.jwt_file is None:
            raise vault_errors.MissingSettingError(
                "The login with vault_auth_method gcp needs vault_jwt or vault_jwt_file.",
                "Set one of them to a token for the audience vault/ and the role.",
                option="jwt",
            )

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with the signed token."""
        answer = client.auth.gcp.login(
            options.role, signed_token.signed_token(options), use_token=False, mount_point=mount
        )
        return base.from_login_answer(answer)
