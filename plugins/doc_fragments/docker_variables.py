# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Variables that stand for the options to reach the engine, as in community.docker."""

    DOCUMENTATION = r"""
options:
  docker_host:
    vars:
      - name: ansible_docker_docker_host
  tls:
    vars:
      - name: ansible_docker_tls
  tls_hostname:
    vars:
      - name: ansible_docker_tls_hostname
  validate_certs:
    vars:
      - name: ansible_docker_validate_certs
  ca_path:
    vars:
      - name: ansible_docker_ca_path
      - name: ansible_docker_ca_cert
  client_cert:
    vars:
      - name: ansible_docker_client_cert
  client_key:
    vars:
      - name: ansible_docker_client_key
  api_version:
    vars:
      - name: ansible_docker_api_version
  timeout:
    vars:
      - name: ansible_docker_timeout
  use_ssh_client:
    vars:
      - name: ansible_docker_use_ssh_client
"""
