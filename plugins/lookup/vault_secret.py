# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: vault_secret
short_description: Give values from Vault or OpenBao
version_added: 0.1.0
author:
  - The swarmvault.secrets maintainers (@swarmvault)
description:
  - Gives the value at each path, for templates and for module options such as O(ignore:data) of
    M(swarmvault.secrets.swarm_secret_rotate).
  - All terms of one call share one login, and a token that the lookup got by logging in is revoked
    at its end. So name many paths in one call instead of one path in many.
  - Values are given as text and are never taken for templates.
  - Where M(swarmvault.secrets.swarm_secret_rotate) can read a value itself, let it do so. It reads
    it only when it is new, and the value does not pass through variables.
extends_documentation_fragment:
  - swarmvault.secrets.vault
  - swarmvault.secrets.vault_variables
  - swarmvault.secrets.controller
options:
  _terms:
    description:
      - Paths below O(vault_mount), for example V(shop/mysql). With O(vault_engine=read) they are
        whole paths.
      - The other options go for all of them.
    type: list
    elements: str
    required: true
  vault_field:
    description:
      - The field to give.
      - Not needed where there is exactly one field, nor with O(vault_format=json).
    type: str
  vault_mount:
    description:
      - Mount point of the secrets engine. With O(vault_engine=read) it is the beginning of each
        path, and any other given here is an error.
    type: str
    default: secret
  vault_engine:
    description:
      - How to read the path.
      - V(kv2) and V(kv1) are the versions of the key/value engine, V(read) is a plain read of any
        other path.
      - A path that makes new credentials at each read is refused. What it made is revoked.
    type: str
    choices:
      - kv2
      - kv1
      - read
    default: kv2
  vault_version:
    description:
      - Give this version of a V(kv2) path, rather than the current one. An error with engines that
        have no versions.
    type: int
  vault_format:
    description:
      - V(plain) gives the field as it is. A number or C(true) is the text that Vault gives for it,
        an object or a list is JSON, and C(null) is an error.
      - V(json) gives it as JSON text. Without O(vault_field) that is an object of all fields at the
        path.
      - V(base64) gives the bytes that a field in base64 stands for, as Ansible carries bytes in
        text. To hand them to O(ignore:data), do not decode but leave this at V(plain), and set
        O(ignore:data_is_b64).
    type: str
    choices:
      - plain
      - json
      - base64
    default: plain
notes:
  - Of several values C(lookup) makes one text with commas. Use C(query) for a list.
  - Ansible evaluates a lookup each time it needs the variable that the lookup stands in. For a
    value that is used more than once, M(ansible.builtin.set_fact) keeps it.
  - Ansible shows what is in a loop item, in C(debug) and in C(-v) output of many modules. Use
    C(no_log=true) for tasks that do more with a value than hand it to an option that hides it.
seealso:
  - ref: ansible_collections.swarmvault.secrets.docsite.guide_lookups
    description: How to use the lookups, and which permissions they need.
"""

EXAMPLES = r"""
- name: Hand values to Swarm that no policy lets the managers read
  swarmvault.secrets.swarm_secret_rotate:
    secrets:
      - name: smtp_password
        data: >-
          {{ lookup('swarmvault.secrets.vault_secret', 'mail/smtp', vault_field='password',
                    vault_url='https://vault.example.com:8200', vault_token=vault_token) }}

- name: Set the connection in variables, since module_defaults does not reach lookups
  vars:
    ansible_hashi_vault_url: https://vault.example.com:8200
    ansible_hashi_vault_auth_method: approle
    ansible_hashi_vault_role_id: "{{ vault_role_id }}"
    ansible_hashi_vault_secret_id: "{{ vault_secret_id }}"
  block:
    - name: Read several paths by one login
      ansible.builtin.set_fact:
        passwords: "{{ query('swarmvault.secrets.vault_secret', 'shop/mysql', 'shop/redis') }}"
      no_log: true

    - name: Write the whole secret as JSON
      ansible.builtin.copy:
        content: "{{ lookup('swarmvault.secrets.vault_secret', 'shop/db', vault_format='json') }}"
        dest: /etc/shop/db.json
        mode: "0600"
      no_log: true

    - name: Compare the current value with an earlier version
      ansible.builtin.assert:
        that:
          - lookup('swarmvault.secrets.vault_secret', 'shop/mysql')
            != lookup('swarmvault.secrets.vault_secret', 'shop/mysql', vault_version=1)
        quiet: true
      no_log: true
"""

RETURN = r"""
_raw:
  description: One value for each term, in their order.
  type: list
  elements: str
"""

from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.lookups import vault_texts
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._lookup import Lookup, Params


class LookupModule(Lookup):
    """Gives values."""

    def answer(self, terms: list[str], params: Params) -> list[str]:
        return vault_texts(terms, params)
