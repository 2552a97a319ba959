# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach the Docker Engine, in the words of community.docker."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description:
      - URL or Unix socket path of the Docker API of a Swarm manager, for example
        V(tcp://192.0.2.23:2376) or V(ssh://deploy@manager1).
      - If not given, the environment variable E(DOCKER_HOST) is used, otherwise
        V(unix:///var/run/docker.sock).
      - With TLS, V(tcp://) is understood as V(https://).
    type: str
    aliases:
      - docker_url
  tls:
    description:
      - Connect with TLS, without verifying who answers unless O(validate_certs=true).
      - If not given, the environment variable E(DOCKER_TLS) is used, otherwise V(false).
    type: bool
  tls_hostname:
    description:
      - The name to expect in the engine's certificate, where it differs from the host in
        O(docker_host).
      - If not given, the environment variable E(DOCKER_TLS_HOSTNAME) is used.
    type: str
  validate_certs:
    description:
      - Connect with TLS and verify the engine's certificate. Does not matter with a Unix socket or
        SSH.
      - For an engine that listens without TLS, which should not be, switch it off or begin
        O(docker_host) with V(http://).
      - If not given, the environment variable E(DOCKER_TLS_VERIFY) is used, otherwise V(true).
      - B(This differs from) C(community.docker), where verification has to be switched on.
    type: bool
    aliases:
      - tls_verify
  ca_path:
    description:
      - Path of the CA certificate that signed the engine's certificate.
      - If not given and the environment variable E(DOCKER_CERT_PATH) is set, C(ca.pem) in that
        folder is used.
    type: path
    aliases:
      - ca_cert
      - tls_ca_cert
      - cacert_path
  client_cert:
    description:
      - Path of the client's certificate. Needs O(client_key).
      - If not given and the environment variable E(DOCKER_CERT_PATH) is set, C(cert.pem) in that
        folder is used.
    type: path
    aliases:
      - tls_client_cert
      - cert_path
  client_key:
    description:
      - Path of the client's private key. Needs O(client_cert).
      - If not given and the environment variable E(DOCKER_CERT_PATH) is set, C(key.pem) in that
        folder is used.
    type: path
    aliases:
      - tls_client_key
      - key_path
  api_version:
    description:
      - Version of the Docker API to speak, for example V(1.41). One older than the engine's own is
        good for reading only. The engine would drop newer settings of a service.
      - If not given, the environment variable E(DOCKER_API_VERSION) is used, otherwise V(auto),
        the newest version that both sides speak.
    type: str
    aliases:
      - docker_api_version
  timeout:
    description:
      - How long to wait for an answer of the Docker API, in seconds.
      - If not given, the environment variable E(DOCKER_TIMEOUT) is used, otherwise V(60).
    type: int
  use_ssh_client:
    description:
      - With O(docker_host=ssh://...), start the C(ssh) program instead of using paramiko.
    type: bool
notes:
  - Environment variables are those of the host that the module runs on, under the user it runs
    as. The C(environment) keyword of a task or play sets them. Do not hand tokens or passwords over
    that way, since Ansible puts them on a command line that others on that host can read. Options
    are not shown.
requirements:
  - "Docker SDK for Python (C(docker)) 5.0.0 or newer on the host that the module runs on"
  - "Docker Engine 20.10 or newer, a Swarm manager"
"""
