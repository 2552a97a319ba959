# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Variables that stand for the options to reach Vault, as in community.hashi_vault."""

    DOCUMENTATION = r"""
options:
  vault_url:
    vars:
      - name: ansible_hashi_vault_url
      - name: ansible_hashi_vault_addr
  vault_namespace:
    vars:
      - name: ansible_hashi_vault_namespace
  vault_auth_method:
    vars:
      - name: ansible_hashi_vault_auth_method
  vault_auth_mount:
    vars:
      - name: ansible_hashi_vault_mount_point
  vault_token:
    vars:
      - name: ansible_hashi_vault_token
  vault_role_id:
    vars:
      - name: ansible_hashi_vault_role_id
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
  vault_ca_cert:
    vars:
      - name: ansible_hashi_vault_ca_cert
  vault_client_cert:
    vars:
      - name: ansible_hashi_vault_cert_auth_public_key
  vault_client_key:
    vars:
      - name: ansible_hashi_vault_cert_auth_private_key
  vault_validate_certs:
    vars:
      - name: ansible_hashi_vault_validate_certs
  vault_timeout:
    vars:
      - name: ansible_hashi_vault_timeout
  vault_retries:
    vars:
      - name: ansible_hashi_vault_retries
  vault_proxies:
    vars:
      - name: ansible_hashi_vault_proxies
"""
