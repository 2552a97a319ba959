#!/usr/bin/python
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: credential_files
short_description: Write the files that a program on a host logs in to Vault or OpenBao with
version_added: 0.1.0
description:
  - Keeps a directory with rights V(0700) that holds exactly the given files, each with rights
    V(0600). The role P(swarmvault.secrets.secretprovider#role) uses it for the Docker plugin and for
    the timer.
  - Unlike with M(ansible.builtin.copy), no value comes to a temporary file, neither on the
    controller nor on the host, as long as Ansible hands modules over by C(pipelining). Set
    C(ansible_pipelining) to V(true) for the task.
  - A response-wrapped secret ID of an AppRole is unwrapped on the host itself.
  - Whoever reads a file while it is written gets the old content or the new one.
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
      - Does not unwrap anything.
  diff_mode:
    support: full
    details:
      - Shows the names of the files only.
  idempotent:
    support: full
    details:
      - A wrapping token can be used once. The directory remembers by a digest which one it was.
options:
  path:
    description: The directory.
    type: path
    required: true
  state:
    description:
      - V(present) brings the directory to what is wanted.
      - V(absent) removes it with all that is in it.
    type: str
    choices: [present, absent]
    default: present
  files:
    description:
      - The content of each file by its name. What else is in the directory is removed.
    type: dict
    default: {}
  secret_id_wrapped:
    description:
      - A token that stands for a response-wrapped secret ID. It is unwrapped, and the secret ID
        becomes the file C(secret_id). The options for Vault say where; no login is needed.
      - If the secret ID that is there came out of the same token, nothing is unwrapped.
    type: str
  keep_secret_id:
    description:
      - Whether a file C(secret_id) stays that an earlier run has unwrapped, though there is no
        O(secret_id_wrapped) now.
    type: bool
    default: false
  owner:
    description: The numeric user that the directory and the files belong to.
    type: int
    default: 0
  group:
    description: Their numeric group.
    type: int
    default: 0
seealso:
  - module: swarmvault.secrets.secretprovider_plugin
    description: Installs the plugin that reads such files.
"""

EXAMPLES = r"""
- name: Let the plugin log in with AppRole
  swarmvault.secrets.credential_files:
    path: /etc/vault-secrets-plugin
    owner: 65532
    group: 65532
    files:
      role_id: "{{ vault_role_id }}"
      secret_id: "{{ vault_secret_id }}"
  vars:
    ansible_pipelining: true

- name: Unwrap the secret ID on the host
  swarmvault.secrets.credential_files:
    path: /etc/vault-secrets-plugin
    owner: 65532
    group: 65532
    files:
      role_id: "{{ vault_role_id }}"
    secret_id_wrapped: "{{ wrapping_token }}"
    vault_url: https://vault.example.com:8200
  vars:
    ansible_pipelining: true
"""

RETURN = r"""
msg:
  description: What was done.
  returned: always
  type: str
  sample: "/etc/vault-secrets-plugin: wrote role_id, secret_id."
written:
  description: Names of the files that were written.
  returned: success
  type: list
  elements: str
  sample: [role_id, secret_id]
removed:
  description: Names of the files that were removed.
  returned: success
  type: list
  elements: str
  sample: [token]
"""

from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import archive

archive.load_quickly()  # before the others are imported

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import (
    credential_files,
    docker_options,
    vault_options,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.module import (
    TaskModule,
    run_module,
)


class Module(TaskModule, AnsibleModule):
    """Ansible's module, with what it was asked for kept out of the host's log."""


def main() -> t.NoReturn:
    module = Module(
        argument_spec={
            **credential_files.ARGUMENTS,
            # Those of the engine as well: a default of the action group reaches every module in it.
            **docker_options.DOCKER_ARGUMENTS,
            **vault_options.VAULT_ARGUMENTS,
        },
        supports_check_mode=True,
    )
    run_module(
        module,
        lambda: credential_files.manage(module.params, check_mode=module.check_mode),
    )


if __name__ == "__main__":
    main()
