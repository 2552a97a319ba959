# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``azure``: a token that Azure signed for this machine, or for a service principal.

API: https://developer.hashicorp.com/vault/api-docs/auth/azure#login
"""

from __future__ import annotations

import typing as t

from ..._common import secret_value
from .. import errors as vault_errors
from . import base, signed_token

if t.TYPE_CHECKING:
    from .. import options as vault_options

_USUAL_RESOURCE = "https://management.azure.com/"


class Azure(base.Method):
    """Without a token in the options, azure-identity gets one."""

    required = ("role",)
    remedy = "Set it to the role that admits the machine or the service principal."

    def check(self, options: vault_options.VaultOptions) -> None:
        """Make sure that a secret comes with what it is of.

        :raises InputError: it does not.
        """
        if options.azure_client_secret is None:
            return
        for name in ("azure_tenant_id", "azure_client_id"):
            if getattr(options, name) is None:
                raise vault_errors.MissingSettingError(
                    f"vault_azure_client_secret is set without vault_{name}.",
                    "A service principal has a tenant, a client ID and a secret.",
                    option=name,
                )

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with the signed token.

        :raises DependencyError: azure-identity is missing, and the options have no token.
        :raises LoginError: Azure gives none.
        """
        given = options.jwt is not None or options.jwt_file is not None
        token = signed_token.signed_token(options) if given else _from_azure(options)
        answer = client.auth.azure.login(options.role, token, use_token=False, mount_point=mount)
        return base.from_login_answer(answer)


def _from_azure(options: vault_options.VaultOptions) -> str:
    identity = base.library("azure.identity", "a token of Azure", package="azure-identity")
    # As Azure's own command line makes a scope of a resource.
    scope = f"{options.azure_resource or _USUAL_RESOURCE}/.default"
    try:
        if options.azure_client_secret is not None:
            found = identity.ClientSecretCredential(
                options.azure_tenant_id,
                options.azure_client_id,
                base.secret_text(options.azure_client_secret),
            )
        else:
            named = options.azure_client_id
            own = {} if named is None else {"client_id": named}
            found = identity.ManagedIdentityCredential(**own)
        token = secret_value.SecretValue(str(found.get_token(scope).token).encode())
    except Exception as error:  # noqa: BLE001 - of many kinds, and their text could hold a secret
        problem = type(error).__name__
    else:
        base.check_printable(token, "The token of Azure")
        return token.reveal().decode()
    # Out here, so as not to be chained to it.
    raise vault_errors.LoginError(
        f"Azure gives no token for {scope} ({problem}).",
        "Check vault_azure_tenant_id, vault_azure_client_id and vault_azure_client_secret, or that"
        " this machine has a managed identity. A token from elsewhere may be set in vault_jwt.",
    )
