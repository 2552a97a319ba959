#!/usr/bin/python
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vault_secret_hash
short_description: Tell whether values in Vault or OpenBao have changed, without giving them
version_added: 0.1.0
description:
  - Gives a hash of each value, and says which ones differ from what an earlier run found. So a
    playbook can act on a change, whatever the value is used for.
  - One task takes care of any number of values. Paths are read once each, by one login.
  - What an earlier run returned is handed over in O(previous). A value of a V(kv2) path whose
    version is still the one that was hashed then is not read again.
  - The value itself is in no output, log or return value.
  - To keep Swarm services in step, M(swarmvault.secrets.swarm_secret_rotate) does not need this
    module.
author:
  - The swarmvault.secrets maintainers (@swarmvault)
extends_documentation_fragment:
  - swarmvault.secrets.attributes
  - swarmvault.secrets.docker_ignored
  - swarmvault.secrets.vault
attributes:
  check_mode:
    support: full
    details:
      - Does and returns the same, since it never changes anything.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  secrets:
    description: The values to make hashes of.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What the value is called in the result and in O(previous). Must be unique.
          - If not given, the path, with C(#) and the field where one is given, for example
            V(shop/mysql#password).
        type: str
      vault_path:
        description:
          - Where the value lives in Vault, a path below O(secrets[].vault_mount), for example
            V(shop/mysql). With O(secrets[].vault_engine=read) it is the whole path.
        type: str
        required: true
      vault_field:
        description:
          - The field at O(secrets[].vault_path) that holds the value.
          - Not needed where there is exactly one field, nor with O(secrets[].vault_format=json).
        type: str
      vault_mount:
        description:
          - Mount point of the secrets engine. With O(secrets[].vault_engine=read) it is the
            beginning of O(secrets[].vault_path), and any other given here is an error.
        type: str
        default: secret
      vault_engine:
        description:
          - How to read the path.
          - V(kv2) is version 2 of the key/value engine. What has the version of an earlier run is
            not read.
          - V(kv1) is version 1 of it, V(read) a plain read of any other path. Neither has
            versions, so every run reads the value.
          - V(pki), and any path that leases out new credentials at each read, is refused.
        type: str
        choices:
          - kv2
          - kv1
          - read
          - pki
        default: kv2
      vault_version:
        description:
          - Take the hash of this version of a V(kv2) path, rather than of the current one. An error
            with engines that have no versions.
        type: int
      vault_format:
        description:
          - V(plain) takes the hash of the field as it is. A number or C(true) is the text that
            Vault gives for it, an object or a list is JSON, and C(null) is an error.
          - V(json) takes that of its JSON text, which does not depend on the order of keys. Without
            O(secrets[].vault_field) that is an object of all fields at the path.
          - V(base64) takes that of the bytes that a field in base64 stands for.
        type: str
        choices:
          - plain
          - json
          - base64
        default: plain
      vault_params:
        description: An error, since it is for O(secrets[].vault_engine=pki), which is refused.
        type: dict
        default: {}
  algorithm:
    description:
      - V(hmac-sha256) makes hashes that nobody can test guesses against without knowing
        O(hash_key).
      - V(sha256) makes bare SHA-256 digests. B(Whoever sees one can try out billions of guesses per
        second), which finds most passwords that people choose. It is for values that nobody can
        guess, such as long random keys, and for results that nobody else can see.
    type: str
    choices:
      - hmac-sha256
      - sha256
    default: hmac-sha256
  hash_key:
    description:
      - Key for O(algorithm=hmac-sha256), which needs one of at least 16 bytes, as a shorter one
        could be tried out. Make it once with C(openssl rand -base64 32), or with the lookup
        P(ansible.builtin.password#lookup), and use the same in every run.
      - A hash begins with a few digits that tell keys apart. Where O(previous) was made with
        another key, the task fails before it reads anything.
    type: str
  previous:
    description:
      - What an earlier run found. Without it nothing differs.
      - The list RV(hashes) of that run, or a mapping of names to its entries or only to their
        hashes.
      - Entries spare reads. Of a V(kv2) path whose metadata shows the same version from the same
        time, the hash is taken over without reading data. Keep entries whole. One without
        RV(hashes[].source) is trusted to be of the same path and field.
      - Names that O(secrets) does not have are ignored.
    type: raw
notes:
  - A V(kv2) path needs the right to read its metadata, and to read its data where that has to be
    read.
  - Hashes are compared in constant time.
seealso:
  - ref: ansible_collections.swarmvault.secrets.docsite.guide_change_detection
    description: Ways to keep hashes between runs, and the permissions needed.
"""

EXAMPLES = r"""
- name: Take hashes, and compare them with what the last run kept
  swarmvault.secrets.vault_secret_hash:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    hash_key: "{{ hash_key }}"
    secrets:
      - name: shop_db
        vault_path: shop/db
        vault_field: password
      - vault_path: shop/settings # the whole secret, called shop/settings
        vault_format: json
      - name: legacy_api_key # key/value version 1, mounted elsewhere
        vault_mount: old/kv
        vault_engine: kv1
        vault_path: legacy/api
        vault_field: key
    previous: "{{ shop_hashes | default(omit) }}"
  register: now

- name: Act on a change
  ansible.builtin.debug:
    msg: >-
      {{ now.hashes | selectattr('differs', 'defined') | selectattr('differs')
         | map(attribute='name') }}
  when: now.differs

- name: Keep the result in a fact, for which a cache must be configured
  ansible.builtin.set_fact:
    shop_hashes: "{{ now.hashes }}"
    cacheable: true

- name: Compare with one hash alone
  swarmvault.secrets.vault_secret_hash:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    hash_key: "{{ hash_key }}"
    secrets:
      - vault_path: shop/db
        vault_field: user
    previous:
      shop/db#user: "{{ known_hash }}"

- name: Take a bare digest, of a value that nobody can guess
  swarmvault.secrets.vault_secret_hash:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    algorithm: sha256
    secrets:
      - vault_path: shop/signing_key
"""

RETURN = r"""
msg:
  description: How many hashes there are and which differ, or what went wrong.
  returned: always
  type: str
  sample: "Hashes: 3, of which 2 were known from the metadata; 1 differ (shop_db)."
hashes:
  description: One entry for each of O(secrets), in their order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name, given or made from path and field.
      type: str
      sample: shop_db
    hash:
      description: The hash, with the algorithm in front, and the digits of the key if there is one.
      type: str
      sample: hmac-sha256$8b0d3ab1$5f2b1c0a9e64c6b8a8a17a5a40d5a3b7f1b0c8c2f5a1b3a4d5e6f708192a3b
    version:
      description: Version of the V(kv2) path. Null for other sources.
      type: int
      sample: 7
    created_time:
      description: When that version was written. Null for other sources.
      type: str
      sample: "2026-04-21T15:56:58.852540213Z"
    custom_metadata:
      description: What users have noted in the metadata of a V(kv2) path. Empty for other sources.
      type: dict
      sample: {owner: shop}
    source:
      description: What was read. A later run with another source for the same name reads it anew.
      type: str
      sample: kv2:secret/shop/db#password
    differs:
      description: Whether the hash is another one than in O(previous).
      returned: where O(previous) has the name
      type: bool
differs:
  description: Whether any hash differs.
  returned: success
  type: bool
"""

from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import archive

archive.load_quickly()  # before the others are imported

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import (
    connections,
    docker_options,
    hash_options,
    vault_options,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.module import (
    TaskModule,
    run_module,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.hash_secrets import (
    hash_secrets,
)

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._hash.report import HashReport


class Module(TaskModule, AnsibleModule):
    """Ansible's module, with what it was asked for kept out of the host's log."""


def main() -> t.NoReturn:
    module = Module(
        # Those of the engine as well: a default of the action group reaches every module in it.
        argument_spec={
            **hash_options.HASH_ARGUMENTS,
            **docker_options.DOCKER_ARGUMENTS,
            **vault_options.VAULT_ARGUMENTS,
        },
        supports_check_mode=True,
    )

    def work() -> HashReport:
        request = hash_options.to_hash_request(module.params)
        with connections.sources(module.params) as reader:
            return hash_secrets(request, reader)

    run_module(module, work)


if __name__ == "__main__":
    main()
