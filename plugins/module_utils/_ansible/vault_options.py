# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say how to reach Vault, named as in community.hashi_vault behind a prefix.

None has a default here: environment variables stand between option and default, and the
adapter resolves all three in one place.
"""

from __future__ import annotations

import typing as t

from .._vault.auth import registry

VAULT_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "vault_url": {"type": "list", "elements": "str"},
    "vault_namespace": {"type": "str"},
    "vault_auth_method": {"type": "str", "choices": sorted(registry.METHODS)},
    "vault_auth_mount": {"type": "str"},
    "vault_token": {"type": "str", "no_log": True},
    "vault_token_path": {"type": "path", "no_log": False},
    "vault_token_file": {"type": "str", "no_log": False},
    "vault_role_id": {"type": "str"},
    "vault_secret_id": {"type": "str", "no_log": True},
    "vault_secret_id_wrapped": {"type": "bool", "no_log": False},
    "vault_role": {"type": "str"},
    "vault_jwt": {"type": "str", "no_log": True},
    "vault_jwt_file": {"type": "path"},
    "vault_username": {"type": "str"},
    "vault_password": {"type": "str", "no_log": True},
    "vault_github_token": {"type": "str", "no_log": True},
    "vault_aws_profile": {"type": "str"},
    "vault_aws_access_key": {"type": "str", "no_log": False},
    "vault_aws_secret_key": {"type": "str", "no_log": True},
    "vault_aws_security_token": {"type": "str", "no_log": True},
    "vault_region": {"type": "str"},
    "vault_aws_iam_server_id": {"type": "str"},
    "vault_azure_tenant_id": {"type": "str"},
    "vault_azure_client_id": {"type": "str"},
    "vault_azure_client_secret": {"type": "str", "no_log": True},
    "vault_azure_resource": {"type": "str"},
    "vault_ca_cert": {"type": "path"},
    "vault_tls_server_name": {"type": "str"},
    "vault_client_cert": {"type": "path"},
    "vault_client_key": {"type": "path"},
    "vault_validate_certs": {"type": "bool"},
    "vault_timeout": {"type": "str"},
    "vault_retries": {"type": "raw"},
    "vault_proxies": {"type": "raw", "no_log": True},  # an address can carry a password
}
