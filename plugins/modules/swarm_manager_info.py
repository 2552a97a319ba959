#!/usr/bin/python
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_manager_info
short_description: Tell whether a host's engine serves as a manager of its Swarm now
version_added: 0.1.0
description:
  - Any manager will do to rotate secrets, and the loss of one must not stop a schedule. This tells
    which one will do, by what C(docker node) would say. That a host answers to Ansible tells
    nothing of its engine.
  - A manager serves when its engine answers, is not locked, and is a manager by its own word and by
    that of the others, who have it as ready and reachable. Whether it is drained does not matter.
  - It does not fail where the engine does not answer, since that is what is asked. RV(reason) then
    says why.
author:
  - The swarmvault.secrets maintainers (@swarmvault)
extends_documentation_fragment:
  - swarmvault.secrets.attributes
  - swarmvault.secrets.docker
  - swarmvault.secrets.vault_ignored
attributes:
  check_mode:
    support: full
    details:
      - Does and returns the same, since it never changes anything.
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: swarmvault.secrets.swarm_secret_rotate
    description: The playbooks of the collection run it on the first manager that serves.
"""

EXAMPLES = r"""
- name: Ask the engine of each manager in the inventory
  swarmvault.secrets.swarm_manager_info:
  register: manager
  ignore_unreachable: true

- name: Choose the first that serves
  ansible.builtin.set_fact:
    chosen: >-
      {{ ansible_play_hosts_all | map('extract', hostvars)
         | selectattr('manager.ready', 'defined') | selectattr('manager.ready')
         | map(attribute='inventory_hostname') | first }}
"""

RETURN = r"""
msg:
  description: The node, and what is the matter with it.
  returned: always
  type: str
  sample: manager1 is a manager that serves.
ready:
  description: Whether it is a manager that serves.
  returned: success
  type: bool
reason:
  description: Why it is not. Null where it is.
  returned: success
  type: str
  sample: it is a worker of the swarm
node:
  description: Host name of the node, as its engine has it. Null where the engine did not answer.
  returned: success
  type: str
  sample: manager1
leader:
  description:
    - Whether it leads the Swarm. There is one leader at a time, and that may be another one soon.
    - Where every manager has a schedule, this tells which of them is to act.
  returned: success
  type: bool
"""

from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import archive

archive.load_quickly()  # before the others are imported

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import (
    docker_options,
    manager_info,
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
        # Those of Vault as well: a default of the action group reaches every module in it.
        argument_spec={**docker_options.DOCKER_ARGUMENTS, **vault_options.VAULT_ARGUMENTS},
        supports_check_mode=True,
    )
    run_module(module, lambda: manager_info.report_manager(module.params))


if __name__ == "__main__":
    main()
