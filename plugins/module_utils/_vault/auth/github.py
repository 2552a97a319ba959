# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``github``: a personal access token of somebody who is in an organisation there.

API: https://developer.hashicorp.com/vault/api-docs/auth/github#login
"""

from __future__ import annotations

import typing as t

from . import base

if t.TYPE_CHECKING:
    from .. import options as vault_options


class GitHub(base.Method):
    """Vault asks GitHub whose token it is."""

    required = ("github_token",)
    remedy = "Set it, or BAO_AUTH_GITHUB_TOKEN or VAULT_AUTH_GITHUB_TOKEN."

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with the token."""
        answer = client.auth.github.login(
            base.secret_text(options.github_token), use_token=False, mount_point=mount
        )
        return base.from_login_answer(answer)
