# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: swarm_secret_name
short_description: Give the names of the Swarm secrets that services are to run
version_added: 0.1.0
author:
  - The swarmvault.secrets maintainers (@swarmvault)
description:
  - Gives the name of the current version of each logical secret, for example V(mysql_password_v3)
    for V(mysql_password).
  - With it in a stack file, C(docker stack deploy) and M(swarmvault.secrets.swarm_secret_rotate)
    agree. Deploying the stack again neither undoes a rotation nor restarts a task because of a
    secret.
  - The current version is the newest that is not quarantined. Before the first version is made it
    is the Swarm secret of that very name, where there is one.
  - All terms of one call are answered by one request to the engine.
extends_documentation_fragment:
  - swarmvault.secrets.docker
  - swarmvault.secrets.docker_variables
  - swarmvault.secrets.controller
options:
  _terms:
    description: Names of logical secrets, as O(ignore:secrets[].name) of
      M(swarmvault.secrets.swarm_secret_rotate) has them.
    type: list
    elements: str
    required: true
notes:
  - A name that is not known is an error. Make its first version with
    M(swarmvault.secrets.swarm_secret_rotate) before the stack is deployed.
seealso:
  - module: swarmvault.secrets.swarm_secret_rotate
  - ref: ansible_collections.swarmvault.secrets.docsite.guide_lookups
    description: A stack file that follows rotations.
"""

EXAMPLES = r"""
# In stack.yml.j2:
#
#   services:
#     shop:
#       image: shop:1.0
#       secrets:
#         - source: db
#           target: mysql_password
#   secrets:
#     db:
#       external: true
#       name: "{{ lookup('swarmvault.secrets.swarm_secret_name', 'mysql_password') }}"
- name: Write the stack file
  ansible.builtin.template:
    src: stack.yml.j2
    dest: /etc/shop/stack.yml
    mode: "0644"
  vars:
    ansible_docker_docker_host: tcp://manager1.example.com:2376
    ansible_docker_ca_path: /etc/docker/ca.pem
    ansible_docker_client_cert: /etc/docker/cert.pem
    ansible_docker_client_key: /etc/docker/key.pem

- name: Ask for several names at once
  ansible.builtin.debug:
    msg: "{{ query('swarmvault.secrets.swarm_secret_name', 'mysql_password', 'smtp_password') }}"
"""

RETURN = r"""
_raw:
  description: One name of a Swarm secret for each term, in their order.
  type: list
  elements: str
  sample: [mysql_password_v3]
"""

from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.lookups import swarm_names
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._lookup import Lookup, Params


class LookupModule(Lookup):
    """Gives names."""

    def answer(self, terms: list[str], params: Params) -> list[str]:
        return swarm_names(terms, params)
