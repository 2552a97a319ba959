# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``cert``: the TLS certificate that this host shows.

API: https://openbao.org/api-docs/auth/cert/#login-with-tls-certificate-method
"""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from . import base

if t.TYPE_CHECKING:
    from .. import options as vault_options


class Certificate(base.Method):
    """Without a role Vault looks for one that admits the certificate."""

    required = ("client_cert",)
    remedy = "Set it to a PEM file, with vault_client_key where the key is not in there."

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with the certificate, which every connection shows.

        ``auth.cert.login`` of hvac would want its files, to load them anew.
        """
        role = {} if options.role is None else {"name": options.role}
        path = f"/v1/auth/{quote(mount)}/login"
        return base.from_login_answer(client.adapter.login(path, use_token=False, json=role))
