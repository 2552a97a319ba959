#!/usr/bin/python
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: swarm_secret_rotate
short_description: Keep the secrets of Docker Swarm services in step with Vault or OpenBao
version_added: 0.1.0
description:
  - Makes every Swarm service run the value that its source holds now. One task takes care of any
    number of secrets and of all services that use them.
  - Swarm secrets cannot be changed, so a new value becomes a new B(version), a Swarm secret named
    C(<name>_v<N>). Every service that refers to an earlier version is moved to the new one by a
    rolling update. The file in the container keeps its name, C(/run/secrets/<name>).
  - A service gets one update per run, however many of its secrets have changed. Nothing but its
    references to secrets is touched.
  - The run waits until the tasks of each service run the new version. A service that fails with it
    is rolled back, and the new value is quarantined, so that the next run does not try it again.
  - Versions that nothing needs any more are removed, once every service has moved.
  - Nothing is kept outside of Vault and Swarm. A run may be interrupted at any point, and the next
    one, on any manager, completes it.
  - A run that finds nothing changed reads no secret data, changes nothing and restarts nothing.
author:
  - The swarmvault.secrets maintainers (@swarmvault)
extends_documentation_fragment:
  - swarmvault.secrets.attributes
  - swarmvault.secrets.docker
  - swarmvault.secrets.vault
  - swarmvault.secrets.logical_secrets
  - swarmvault.secrets.rollout
  - swarmvault.secrets.fingerprint
  - swarmvault.secrets.labels
attributes:
  check_mode:
    support: full
    details:
      - The return values then are the plan. Sources are read as far as the plan needs them.
  diff_mode:
    support: full
    details:
      - Shows names of Swarm secrets, per logical secret and per service. Never a value.
  idempotent:
    support: partial
    details:
      - With O(force=true) every run makes new versions.
options:
  discover:
    description:
      - Manage every Swarm secret that carries a C(vault_path) label as well, whether this module or
        somebody else made it. The notes tell of the labels, O(discover_paths) bounds them.
      - An entry of O(secrets) with the same name takes precedence.
      - Goes with O(state=present) only. What is to be rolled back or removed must be listed.
    type: bool
    default: false
  state:
    description:
      - V(present) brings what the source holds to every service that uses the secret.
      - V(rolled_back) brings the version before the newest to every service, and quarantines the
        newest. No source is needed. It is a state, not a step, so a second run goes no further
        back. A version that was quarantined since it failed is not the newest in this sense, once
        no service runs it any more. Secrets that were changed together go back together, and are
        refused with an error that names the others where only some of them are listed.
      - V(absent) removes all versions, and is refused with an error that names the services while
        any of them uses one. No source is needed.
    type: str
    choices:
      - present
      - rolled_back
      - absent
    default: present
  keep_versions:
    description:
      - How many versions of a secret stay, the current one included. At least V(1).
      - What a service runs, or needs for a rollback of its own, stays in any case.
    type: int
    default: 2
  on_source_error:
    description:
      - What to do when a source cannot be read, for example because a permission or the field is
        missing, or because Vault is sealed or cannot be reached.
      - V(fail) leaves the secrets concerned as they are, carries on with the others, and fails the
        task at its end. Where Vault serves nothing at all, the run ends before anything is changed.
      - V(keep) leaves the secrets concerned as they are, with a warning, and carries on with the
        others.
      - Secrets that go together with one whose source cannot be read are left as they are with it.
    type: str
    choices:
      - fail
      - keep
    default: fail
  force:
    description:
      - Make a new version even if nothing has changed or the value is quarantined, and restart the
        services that use it.
      - With O(state=absent), remove versions that a service would need for a rollback.
    type: bool
    default: false
seealso:
  - ref: ansible_collections.swarmvault.secrets.docsite.guide_rotation
    description: How a rotation goes, what happens on failure, and which permissions it needs.
"""

EXAMPLES = r"""
- name: Keep one password in step with Vault
  swarmvault.secrets.swarm_secret_rotate:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    secrets:
      - name: mysql_password
        vault_path: shop/mysql
        vault_field: password

- name: Keep many secrets in step, with AppRole
  swarmvault.secrets.swarm_secret_rotate:
    vault_url: https://vault.example.com:8200
    vault_ca_cert: /etc/ssl/certs/company-ca.pem
    vault_auth_method: approle
    vault_role_id: "{{ vault_role_id }}"
    vault_secret_id: "{{ vault_secret_id }}"
    hash_key: "{{ fingerprint_key }}"
    secrets:
      - name: shop_db_user
        vault_path: shop/db
        vault_field: user
      - name: shop_db_password
        vault_path: shop/db
        vault_field: password
      - name: shop_settings.json # the whole secret as one JSON object
        vault_path: shop/settings
        vault_format: json
      - name: legacy_api_key # key/value version 1, mounted elsewhere
        vault_mount: old/kv
        vault_engine: kv1
        vault_path: legacy/api
        vault_field: key

- name: Set the connections once for all modules of the collection
  module_defaults:
    group/swarmvault.secrets.all:
      docker_host: tcp://manager1.example.com:2376
      ca_path: /etc/docker/ca.pem
      client_cert: /etc/docker/cert.pem
      client_key: /etc/docker/key.pem
      vault_url: https://vault.example.com:8200
      vault_token: "{{ vault_token }}"
  block:
    # Secrets that were made with
    #   docker secret create -l vault_path=shop/db -l vault_field=password ...
    # or by a stack file with such labels, and all versions made from them.
    - name: Manage whatever tells in its labels where it comes from
      swarmvault.secrets.swarm_secret_rotate:
        discover: true

    - name: See what would be done
      swarmvault.secrets.swarm_secret_rotate:
        discover: true
      check_mode: true
      diff: true
      register: plan

    - name: Show the plan
      ansible.builtin.debug:
        msg: "{{ item.name }}: {{ item.action }} ({{ item.reason }})"
      loop: "{{ plan.secrets }}"

- name: Keep credentials that the database engine leases out, and a certificate
  swarmvault.secrets.swarm_secret_rotate:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    secrets:
      - name: db_user # one read gives both
        vault_engine: read
        vault_path: database/creds/shop
        vault_field: username
      - name: db_password
        vault_engine: read
        vault_path: database/creds/shop
        vault_field: password
      - name: web_tls.crt
        vault_engine: pki
        vault_path: pki/issue/web
        vault_field: fullchain
        vault_params: &shop
          common_name: shop.example.org
          ttl: 720h
        vault_renew_before: 7d
      - name: web_tls.key
        vault_engine: pki
        vault_path: pki/issue/web
        vault_field: private_key
        vault_params: *shop
        vault_renew_before: 7d

- name: Let a plugin serve the value when a task starts, with nothing of it in the Swarm
  swarmvault.secrets.swarm_secret_rotate:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    secrets:
      - name: shop_api_key
        vault_path: shop/api
        vault_field: key
        driver: vault-secrets-plugin:latest # '' stores it in the Swarm again

- name: Run on a schedule, where an unreachable Vault is no reason to fail
  swarmvault.secrets.swarm_secret_rotate:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    discover: true
    on_source_error: keep

- name: Use values that come from elsewhere
  swarmvault.secrets.swarm_secret_rotate:
    secrets:
      - name: smtp_password
        data: "{{ lookup('ansible.builtin.env', 'SMTP_PASSWORD') }}"
      - name: tls_keystore
        data: "{{ lookup('ansible.builtin.file', 'keystore.p12', rstrip=false) | b64encode }}"
        data_is_b64: true

- name: Give a secret to services that do not have it yet
  swarmvault.secrets.swarm_secret_rotate:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    secrets:
      - name: mysql_password
        vault_path: shop/mysql
        vault_field: password
        labels:
          team: shop
        services:
          - name: shop_web
          - name: shop_worker
            target: db_password
            uid: "1000"
            gid: "1000"
            mode: "0400"

- name: Move all services back together if one of them fails
  swarmvault.secrets.swarm_secret_rotate:
    vault_url: https://vault.example.com:8200
    vault_token: "{{ vault_token }}"
    secrets:
      - name: cluster_key
        vault_path: shop/cluster
    on_failure: rollback_all
    wait_timeout: 600

- name: Go back to the version before, no matter what Vault holds
  swarmvault.secrets.swarm_secret_rotate:
    secrets:
      - name: mysql_password
    state: rolled_back

- name: Remove all versions of a secret that no service uses any more
  swarmvault.secrets.swarm_secret_rotate:
    secrets:
      - name: old_password
    state: absent
"""

RETURN = r"""
msg:
  description: How many secrets and services something was done to, or what went wrong.
  returned: always
  type: str
  sample: "Secrets: 1 rotated, 3 unchanged; 2 services updated."
secrets:
  description: What became of each logical secret, or in check mode would become of it.
  returned: success or failure, once anything could be done
  type: list
  elements: dict
  contains:
    name:
      description: The logical secret.
      type: str
      sample: mysql_password
    action:
      description:
        - V(unchanged), V(created) (the first version), V(adopted) (the first version, services move
          to it from a secret that somebody else made), V(rotated) (a new version), V(recorded)
          (only labels changed, for example because the source has a new version with the same
          value).
        - V(quarantined) (the value failed on a service and is not, or no longer, used), V(kept)
          (the source could not be read and O(on_source_error=keep)).
        - V(failed) (it has a problem of its own and was left as it is, or the new version could not
          be created). The problem may be its source, a label, another O(hash_key), or a name that
          has no room for the next number. The other secrets are done, and then the task fails.
        - V(rolled_back) with O(state=rolled_back), V(removed) with O(state=absent).
      type: str
      sample: rotated
    current:
      description: Name of the Swarm secret that services are to run. Null where there is none.
      type: str
      sample: mysql_password_v3
    previous:
      description: Name of the Swarm secret that a rollback leads to. Null where there is none.
      type: str
      sample: mysql_password_v2
    source_version:
      description: Version of the V(kv2) path that the value came from. Null for other sources.
      type: int
      sample: 7
    reason:
      description: Why.
      type: str
      sample: new value in source version 7
    expires:
      description: When a leased credential or a certificate ends. Null for other values.
      type: str
      sample: '2026-11-24T08:30:00Z'
    renews:
      description:
        - From when on a run renews it, before it ends. What is still there well after that has
          failed to be renewed, or no run was made. Null for other values.
      type: str
      sample: '2026-11-24T08:10:00Z'
    offered_version:
      description:
        - Version of the V(kv2) path that Vault holds now. It is newer than RV(secrets[].source_version)
          where it was rejected. Null for other sources, and where the source was not read.
      type: int
      sample: 7
services:
  description:
    - What became of each service that uses one of the secrets and was not up to date.
  returned: success or failure, once anything could be done
  type: list
  elements: dict
  contains:
    name:
      description: The service.
      type: str
      sample: shop_web
    action:
      description:
        - V(updated), V(unchanged) (an earlier run had updated it, this one saw how it ended), or
          V(skipped).
      type: str
      sample: updated
    state:
      description:
        - V(converged), V(updating) (with O(wait=false)), V(planned) (in check mode), V(gone) (it
          was removed meanwhile), V(superseded) (somebody else changed it meanwhile, the next run
          looks at it anew), V(skipped) (a job or a one-shot service), V(waiting) (its wave is
          left to a later run by O(max_waves)), V(degraded) (every task that
          ran before the run does so with the new version, and what is missing was missing before,
          which a warning says).
        - These fail the task. V(rolled_back) (a task that ran with a new value failed, and the
          service runs what it ran before), V(unplaceable) (no task could even be started with it,
          for a reason that is not the value, so that the service was put back and nothing
          quarantined), V(late) (the update is slower than the run waits, goes on, and nothing of
          it has failed), V(rollback_failed), V(failed) (left as it is), V(held) (its last update is
          paused, somebody must act first), V(blocked) (not moved to a secret that failed on another
          service).
      type: str
      sample: converged
    duration:
      description: Seconds from the update to this state.
      type: float
      sample: 12.4
    secrets:
      description: The logical secrets it was about.
      type: list
      elements: str
      sample: [mysql_password]
    reason:
      description: Why, with the last error of a task where one failed.
      type: str
      sample: mysql_password_v2 is replaced by mysql_password_v3
retired:
  description: Names of the Swarm secrets that were removed, or in check mode would be.
  returned: success or failure, once anything could be done
  type: list
  elements: str
  sample: [mysql_password_v1]
revoked:
  description:
    - Names of the Swarm secrets whose lease in Vault was ended, or in check mode would be.
  returned: success or failure, once anything could be done
  type: list
  elements: str
  sample: [db_user_v1, db_password_v1]
waves:
  description:
    - The waves that had something to move and were moved, or in check mode would be. See
      O(max_waves).
  returned: success or failure, once anything could be done
  type: list
  elements: int
  sample: [0]
waves_left:
  description: The waves that O(max_waves) leaves to a later run.
  returned: success or failure, once anything could be done
  type: list
  elements: int
  sample: [1, 2]
unconfirmed:
  description:
    - With O(max_waves), the versions that are being rolled out, as O(secrets) takes them to go back
      with O(state=rolled_back). Without those that have no version before.
  returned: success or failure, once anything could be done
  type: list
  elements: dict
  contains:
    name:
      description: The logical secret.
      type: str
      sample: mysql_password
    from_version:
      description: The Swarm secret to go back from.
      type: str
      sample: mysql_password_v3
"""

from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import archive

archive.load_quickly()  # before the others are imported

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import (
    connections,
    docker_options,
    rotate_options,
    vault_options,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.module import (
    TaskModule,
    run_module,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.rotate import rotate

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._rotation.report import Report


class Module(TaskModule, AnsibleModule):
    """Ansible's module, with the values among its options kept out of the host's log."""


def main() -> t.NoReturn:
    module = Module(
        argument_spec={
            **rotate_options.ROTATE_ARGUMENTS,
            **docker_options.DOCKER_ARGUMENTS,
            **vault_options.VAULT_ARGUMENTS,
        },
        supports_check_mode=True,
    )

    def work() -> Report:
        requests = rotate_options.to_requests(module.params)
        options = rotate_options.to_options(module.params)
        with connections.connected(module.params) as (swarm, reader):
            return rotate(requests, options, swarm, reader, check_mode=module.check_mode)

    run_module(module, work)


if __name__ == "__main__":
    main()
