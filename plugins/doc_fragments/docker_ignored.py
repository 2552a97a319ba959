# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options to reach the engine, for a module of the group that has no use for them."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description:
      - Not used, like all other options that say how to reach the Docker Engine. They are accepted
        since C(module_defaults) for C(group/swarmvault.secrets.all) sets them for every module.
    type: str
    aliases:
      - docker_url
  tls:
    description: Not used, see O(docker_host).
    type: bool
  tls_hostname:
    description: Not used, see O(docker_host).
    type: str
  validate_certs:
    description: Not used, see O(docker_host). What counts for Vault is O(vault_validate_certs).
    type: bool
    aliases:
      - tls_verify
  ca_path:
    description: Not used, see O(docker_host). What counts for Vault is O(vault_ca_cert).
    type: path
    aliases:
      - ca_cert
      - tls_ca_cert
      - cacert_path
  client_cert:
    description: Not used, see O(docker_host). What counts for Vault is O(vault_client_cert).
    type: path
    aliases:
      - tls_client_cert
      - cert_path
  client_key:
    description: Not used, see O(docker_host). What counts for Vault is O(vault_client_key).
    type: path
    aliases:
      - tls_client_key
      - key_path
  api_version:
    description: Not used, see O(docker_host).
    type: str
    aliases:
      - docker_api_version
  timeout:
    description: Not used, see O(docker_host). What counts for Vault is O(vault_timeout).
    type: int
  use_ssh_client:
    description: Not used, see O(docker_host).
    type: bool
"""
