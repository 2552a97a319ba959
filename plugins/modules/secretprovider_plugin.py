#!/usr/bin/python
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: secretprovider_plugin
short_description: Install, set, upgrade and remove the secretprovider plugin on a manager
version_added: 0.1.0
description:
  - Makes the Docker plugin that gives Swarm secrets their values what is asked for, on the engine of
    one manager. The leader asks the plugin, so every manager needs it. Run the module for one manager
    after the other, the leader last. The role C(secretprovider) does that.
  - What is to replace a running plugin is tried first, under the name of O(alias) with C(-trial)
    added to it, with the same settings and mounts. There it does not log in, rotate, or listen for
    monitoring. Only when it answers, the running plugin is stopped and replaced. Services that run
    keep the values they have. A task that starts meanwhile fails, and Swarm starts another.
  - Where the new version, or the new settings, do not work even so, those before come back, and the
    task fails with RV(restored=true). What could not be brought back is not replaced, unless O(force)
    says so.
  - A run that is broken off leaves at worst a plugin that is disabled, or none, or one under the name
    of the trial. The next run finishes that.
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
      - The registry is asked whether it has O(reference). What can only be known of a plugin once it
        is there, such as which settings it declares, is not checked.
  diff_mode:
    support: full
    details:
      - Values that may be secret are not shown, only that they changed.
  idempotent:
    support: full
options:
  alias:
    description:
      - What the plugin is called on the engine, and by the C(driver) of Swarm secrets. Without a tag
        it is C(latest).
    type: str
    default: vault-secrets-plugin:latest
  state:
    description:
      - With V(present), the plugin is installed, set as in O(settings), enabled, and answers.
      - With V(absent), it is not there. That is refused while a Swarm secret has it as its driver,
        whether or not a service uses the secret.
    type: str
    choices: [present, absent]
    default: present
  reference:
    description:
      - What to install it from in a registry, such as V(registry.example.com/infra/secretprovider:1.1).
        Exactly one of O(reference) and O(archive) must be set with O(state=present).
      - A plugin is for one architecture, and a manifest list cannot hold any. So the tag with that of
        the engine added, such as V(1.1-amd64), is taken where the registry has it, and else the tag
        itself.
      - Another reference than that of the installed plugin is an upgrade, or a downgrade. A tag that
        was pushed again is not noticed. Use a new tag.
      - The plugin is granted the privileges that it asks for. For a registry with a login, what
        C(docker login) left for the user that the module runs as is used.
    type: str
  archive:
    description:
      - What to install it from in place of a registry. The path, on the host that the module runs
        on, of a tar file of C(config.json) and C(rootfs/), such as C(secretprovider/build --archive)
        writes. It may be compressed.
      - Another archive than that of the installed plugin is an upgrade, or a downgrade. Its digest
        tells. The installed plugin itself carries it, as an environment variable
        C(SWARMVAULT_ARCHIVE) that cannot be set.
    type: path
  settings:
    description:
      - The whole of what is set, by the names that C(docker plugin set) takes, mounts as
        C(NAME.source). What is left out gets its default. The default of a mount is known for those
        of the collection's own plugin, and with O(archive). Another one stays as it is.
      - Credentials are better off in files, in the directory that C(credentials.source) names, since
        C(docker plugin inspect) shows every setting. Values that may be secret are not shown by the
        module.
    type: dict
    default: {}
  enable_timeout:
    description:
      - How long the engine waits for an answer of the plugin, in seconds, as with C(docker plugin
        enable --timeout).
      - It is not looked at whether that is what was used before.
    type: int
    default: 30
  wait_timeout:
    description:
      - How long to wait for the plugin to answer once it is enabled, in seconds.
      - It is asked through its own socket, which is there for root on the host of the engine. Where
        the module runs elsewhere, or as somebody else, what the engine says has to do, which is that
        something accepts connections.
      - Up to ten seconds of them it is also given to log in to Vault. That it cannot is a warning, no
        failure.
    type: int
    default: 60
  state_dir:
    description:
      - Directory on the host that the module runs on. Below it, archives that were installed are
        kept, the last two of each plugin, so that it can be gone back to the version before.
    type: path
    default: /var/lib/swarmvault
  force:
    description:
      - Replace a running plugin even though it could not be brought back. Nothing is known of one
        that was created in place, such as by C(secretprovider/build).
    type: bool
    default: false
seealso:
  - module: swarmvault.secrets.swarm_manager_info
  - ref: The secretprovider plugin <ansible_collections.swarmvault.secrets.docsite.guide_secretprovider>
    description: What the plugin does, and its settings.
"""

EXAMPLES = r"""
- name: Install the plugin from a registry, or upgrade it
  swarmvault.secrets.secretprovider_plugin:
    reference: registry.example.com/infra/secretprovider:1.1
    settings:
      VAULT_ADDR: https://vault.example.com:8200
      VAULT_AUTH_METHOD: approle
      credentials.source: /etc/vault-secrets-plugin

- name: Install it from an archive on the manager
  swarmvault.secrets.secretprovider_plugin:
    archive: /root/secretprovider.tar
    settings:
      VAULT_ADDR: https://vault.example.com:8200
      VAULT_AUTH_METHOD: approle
      credentials.source: /etc/vault-secrets-plugin

- name: Remove it, once no secret needs it any more
  swarmvault.secrets.secretprovider_plugin:
    state: absent
"""

RETURN = r"""
msg:
  description: What was done, or why that failed.
  returned: always
  type: str
  sample: The plugin vault-secrets-plugin:latest was upgraded.
action:
  description:
    - What was done, or in check mode would be. V(installed), V(upgraded) (also to an older version),
      V(reconfigured), V(enabled), V(unchanged) or V(removed).
  returned: success or failure, once anything could be done
  type: str
  sample: upgraded
plugin:
  description:
    - The plugin after the run, or in check mode as it would be. Null where there is none.
  returned: success or failure, once anything could be done
  type: dict
  sample:
    id: 1f2d3c
    name: vault-secrets-plugin:latest
    reference: registry.example.com/infra/secretprovider:1.1
    archive:
    enabled: true
    settings:
      VAULT_ADDR: https://vault.example.com:8200
      credentials.source: /etc/vault-secrets-plugin
  contains:
    id:
      description: Its ID. Null where it is yet to be installed.
      type: str
    name:
      description: Its name on the engine.
      type: str
    reference:
      description: What it was installed from in a registry. Null where it was not.
      type: str
    archive:
      description: Digest of the archive that it was installed from. Null where it was not.
      type: str
    enabled:
      description: Whether it is enabled.
      type: bool
    settings:
      description: What is set, without what is empty. V((hidden\)) in place of what may be secret.
      type: dict
before:
  description: The plugin before the run, with the same keys. Null where there was none.
  returned: success or failure, once anything could be done
  type: dict
restored:
  description:
    - Whether what was there before runs again, since the new version or the new settings did not
      work. The task has failed then.
  returned: success or failure, once anything could be done
  type: bool
  sample: false
"""

from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import archive

archive.load_quickly()  # before the others are imported

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import (
    docker_options,
    plugin_options,
    vault_options,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.module import (
    TaskModule,
    run_module,
)


class Module(plugin_options.PluginModule, TaskModule, AnsibleModule):
    """Ansible's module, with settings that may be secret kept out of what it tells."""


def main() -> t.NoReturn:
    module = Module(
        # Those of Vault as well: a default of the action group reaches every module in it.
        argument_spec={
            **plugin_options.PLUGIN_ARGUMENTS,
            **docker_options.DOCKER_ARGUMENTS,
            **vault_options.VAULT_ARGUMENTS,
        },
        supports_check_mode=True,
    )
    run_module(module, lambda: plugin_options.run(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
