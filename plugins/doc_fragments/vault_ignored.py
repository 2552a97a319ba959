# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options to reach Vault, for a module of the group that has no use for them."""

    DOCUMENTATION = r"""
options:
  vault_url:
    description:
      - Not used, like all other options that say how to reach Vault. They are accepted since
        C(module_defaults) for C(group/swarmvault.secrets.all) sets them for every module.
    type: list
    elements: str
  vault_namespace:
    description: Not used, see O(vault_url).
    type: str
  vault_auth_method:
    description: Not used, see O(vault_url).
    type: str
    choices:
      - approle
      - aws_iam
      - azure
      - cert
      - gcp
      - github
      - jwt
      - kubernetes
      - ldap
      - none
      - okta
      - radius
      - token
      - userpass
  vault_auth_mount:
    description: Not used, see O(vault_url).
    type: str
  vault_token:
    description: Not used, see O(vault_url).
    type: str
  vault_token_path:
    description: Not used, see O(vault_url).
    type: path
  vault_token_file:
    description: Not used, see O(vault_url).
    type: str
  vault_role_id:
    description: Not used, see O(vault_url).
    type: str
  vault_secret_id:
    description: Not used, see O(vault_url).
    type: str
  vault_secret_id_wrapped:
    description: Not used, see O(vault_url).
    type: bool
  vault_role:
    description: Not used, see O(vault_url).
    type: str
  vault_jwt:
    description: Not used, see O(vault_url).
    type: str
  vault_jwt_file:
    description: Not used, see O(vault_url).
    type: path
  vault_username:
    description: Not used, see O(vault_url).
    type: str
  vault_password:
    description: Not used, see O(vault_url).
    type: str
  vault_github_token:
    description: Not used, see O(vault_url).
    type: str
  vault_aws_profile:
    description: Not used, see O(vault_url).
    type: str
  vault_aws_access_key:
    description: Not used, see O(vault_url).
    type: str
  vault_aws_secret_key:
    description: Not used, see O(vault_url).
    type: str
  vault_aws_security_token:
    description: Not used, see O(vault_url).
    type: str
  vault_region:
    description: Not used, see O(vault_url).
    type: str
  vault_aws_iam_server_id:
    description: Not used, see O(vault_url).
    type: str
  vault_azure_tenant_id:
    description: Not used, see O(vault_url).
    type: str
  vault_azure_client_id:
    description: Not used, see O(vault_url).
    type: str
  vault_azure_client_secret:
    description: Not used, see O(vault_url).
    type: str
  vault_azure_resource:
    description: Not used, see O(vault_url).
    type: str
  vault_ca_cert:
    description: Not used, see O(vault_url).
    type: path
  vault_tls_server_name:
    description: Not used, see O(vault_url).
    type: str
  vault_client_cert:
    description: Not used, see O(vault_url).
    type: path
  vault_client_key:
    description: Not used, see O(vault_url).
    type: path
  vault_validate_certs:
    description: Not used, see O(vault_url).
    type: bool
  vault_timeout:
    description: Not used, see O(vault_url).
    type: str
  vault_retries:
    description: Not used, see O(vault_url).
    type: raw
  vault_proxies:
    description: Not used, see O(vault_url).
    type: raw
"""
