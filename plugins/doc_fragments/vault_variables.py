# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What stands for the options to reach Vault in a lookup, as in community.hashi_vault.

    A variable comes first, then the environment, then the configuration of Ansible. So where an
    option may be in a configuration, its environment variable has to be named here as well; the
    other variables of the environment come after all of these.
    """

    DOCUMENTATION = r"""
options:
  vault_url:
    vars:
      - name: ansible_hashi_vault_url
      - name: ansible_hashi_vault_addr
    env:
      - name: ANSIBLE_HASHI_VAULT_ADDR
    ini:
      - section: hashi_vault_collection
        key: url
  vault_namespace:
    vars:
      - name: ansible_hashi_vault_namespace
    env:
      - name: ANSIBLE_HASHI_VAULT_NAMESPACE
    ini:
      - section: hashi_vault_collection
        key: namespace
  vault_auth_method:
    vars:
      - name: ansible_hashi_vault_auth_method
    env:
      - name: ANSIBLE_HASHI_VAULT_AUTH_METHOD
    ini:
      - section: hashi_vault_collection
        key: auth_method
  vault_auth_mount:
    vars:
      - name: ansible_hashi_vault_mount_point
    env:
      - name: ANSIBLE_HASHI_VAULT_MOUNT_POINT
    ini:
      - section: hashi_vault_collection
        key: mount_point
  vault_token:
    vars:
      - name: ansible_hashi_vault_token
  vault_token_path:
    vars:
      - name: ansible_hashi_vault_token_path
    env:
      - name: ANSIBLE_HASHI_VAULT_TOKEN_PATH
    ini:
      - section: hashi_vault_collection
        key: token_path
  vault_token_file:
    vars:
      - name: ansible_hashi_vault_token_file
    env:
      - name: ANSIBLE_HASHI_VAULT_TOKEN_FILE
    ini:
      - section: hashi_vault_collection
        key: token_file
  vault_role_id:
    vars:
      - name: ansible_hashi_vault_role_id
    env:
      - name: ANSIBLE_HASHI_VAULT_ROLE_ID
    ini:
      - section: hashi_vault_collection
        key: role_id
  vault_secret_id:
    vars:
      - name: ansible_hashi_vault_secret_id
  vault_secret_id_wrapped:
    vars:
      - name: ansible_hashi_vault_secret_id_wrapped
  vault_role:
    vars:
      - name: ansible_hashi_vault_role
  vault_jwt:
    vars:
      - name: ansible_hashi_vault_jwt
  vault_jwt_file:
    vars:
      - name: ansible_hashi_vault_jwt_file
  vault_username:
    vars:
      - name: ansible_hashi_vault_username
  vault_password:
    vars:
      - name: ansible_hashi_vault_password
  vault_github_token:
    vars:
      - name: ansible_hashi_vault_github_token
  vault_aws_profile:
    vars:
      - name: ansible_hashi_vault_aws_profile
  vault_aws_access_key:
    vars:
      - name: ansible_hashi_vault_aws_access_key
  vault_aws_secret_key:
    vars:
      - name: ansible_hashi_vault_aws_secret_key
  vault_aws_security_token:
    vars:
      - name: ansible_hashi_vault_aws_security_token
  vault_region:
    vars:
      - name: ansible_hashi_vault_region
  vault_aws_iam_server_id:
    vars:
      - name: ansible_hashi_vault_aws_iam_server_id
    env:
      - name: ANSIBLE_HASHI_VAULT_AWS_IAM_SERVER_ID
    ini:
      - section: hashi_vault_collection
        key: aws_iam_server_id
  vault_azure_tenant_id:
    vars:
      - name: ansible_hashi_vault_azure_tenant_id
    env:
      - name: ANSIBLE_HASHI_VAULT_AZURE_TENANT_ID
    ini:
      - section: hashi_vault_collection
        key: azure_tenant_id
  vault_azure_client_id:
    vars:
      - name: ansible_hashi_vault_azure_client_id
    env:
      - name: ANSIBLE_HASHI_VAULT_AZURE_CLIENT_ID
    ini:
      - section: hashi_vault_collection
        key: azure_client_id
  vault_azure_client_secret:
    vars:
      - name: ansible_hashi_vault_azure_client_secret
  vault_azure_resource:
    vars:
      - name: ansible_hashi_vault_azure_resource
    env:
      - name: ANSIBLE_HASHI_VAULT_AZURE_RESOURCE
    ini:
      - section: hashi_vault_collection
        key: azure_resource
  vault_ca_cert:
    vars:
      - name: ansible_hashi_vault_ca_cert
    env:
      - name: ANSIBLE_HASHI_VAULT_CA_CERT
    ini:
      - section: hashi_vault_collection
        key: ca_cert
  vault_tls_server_name:
    vars:
      - name: ansible_hashi_vault_tls_server_name
  vault_client_cert:
    vars:
      - name: ansible_hashi_vault_cert_auth_public_key
    env:
      - name: ANSIBLE_HASHI_VAULT_CERT_AUTH_PUBLIC_KEY
    ini:
      - section: hashi_vault_collection
        key: cert_auth_public_key
  vault_client_key:
    vars:
      - name: ansible_hashi_vault_cert_auth_private_key
    env:
      - name: ANSIBLE_HASHI_VAULT_CERT_AUTH_PRIVATE_KEY
    ini:
      - section: hashi_vault_collection
        key: cert_auth_private_key
  vault_validate_certs:
    vars:
      - name: ansible_hashi_vault_validate_certs
  vault_timeout:
    vars:
      - name: ansible_hashi_vault_timeout
    env:
      - name: ANSIBLE_HASHI_VAULT_TIMEOUT
    ini:
      - section: hashi_vault_collection
        key: timeout
  vault_retries:
    vars:
      - name: ansible_hashi_vault_retries
    env:
      - name: ANSIBLE_HASHI_VAULT_RETRIES
    ini:
      - section: hashi_vault_collection
        key: retries
  vault_proxies:
    vars:
      - name: ansible_hashi_vault_proxies
    env:
      - name: ANSIBLE_HASHI_VAULT_PROXIES
    ini:
      - section: hashi_vault_collection
        key: proxies
"""
