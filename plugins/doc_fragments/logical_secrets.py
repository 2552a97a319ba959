# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Logical secrets: their names, their sources, and who gets them."""

    DOCUMENTATION = r"""
options:
  secrets:
    description:
      - The logical secrets to manage.
      - May be empty with O(discover=true) only.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the logical secret, the name the application knows, for example
            V(mysql_password). In a stack, it includes the stack's prefix as far as the Swarm
            secret does.
          - With the suffix of its version it must fit into the 64 characters of a Swarm secret's
            name. One of 59 to 61 characters has room for few versions, 9 at 61, which a warning
            says when the first is made.
        type: str
        required: true
      vault_path:
        description:
          - Where the value lives in Vault, a path below O(secrets[].vault_mount), for example
            V(shop/mysql). With O(secrets[].vault_engine) V(read) and V(pki) it is the whole path,
            for example V(database/creds/shop) or V(pki/issue/web).
          - With neither this nor O(secrets[].data), the source is taken from the labels of the
            newest version in Swarm, or of a secret of that name that someone else made.
          - Mutually exclusive with O(secrets[].data).
        type: str
      vault_field:
        description:
          - The field at O(secrets[].vault_path) that holds the value.
          - Not needed where there is exactly one field, nor with O(secrets[].vault_format=json).
        type: str
      vault_mount:
        description:
          - Mount point of the secrets engine. With O(secrets[].vault_engine) V(read) and V(pki) it
            is the beginning of O(secrets[].vault_path), and any other given here is an error.
        type: str
        default: secret
      vault_engine:
        description:
          - How to read the path.
          - V(kv2) is version 2 of the key/value engine. Changes are noticed by the version in the
            metadata, without reading any data.
          - V(kv1) is version 1 of it, V(read) a plain read of any other path. Neither has
            versions, so every run reads the value and compares its fingerprint.
          - Where V(read) gives credentials with a lease, as V(database/creds/shop) does, they are
            kept until two thirds of the lease are over, and only then read anew. The old lease is
            revoked once every service has moved.
          - V(pki) lets the PKI engine issue a certificate, with O(secrets[].vault_params), and
            renews it when two thirds of its time are over. Nothing is asked for at a path where
            another engine is mounted, as that would overwrite what is there.
          - All secrets with the same V(read) or V(pki) path and the same parameters are filled from
            one read and rotated together.
        type: str
        choices:
          - kv2
          - kv1
          - read
          - pki
        default: kv2
      vault_version:
        description:
          - Stay at this version of a V(kv2) path, rather than following the current one. An error
            with engines that have no versions.
        type: int
      vault_format:
        description:
          - V(plain) gives the field as it is. A number or C(true) is the text that Vault gives for
            it, an object or a list is JSON, and C(null) is an error.
          - V(json) gives it as JSON. Without O(secrets[].vault_field) that is an object of all
            fields at the path.
          - V(base64) is for a field that holds base64, such as that of a keystore. The secret gets
            the bytes. Line breaks do not matter, anything else that is not base64 is an error.
        type: str
        choices:
          - plain
          - json
          - base64
        default: plain
      vault_params:
        description:
          - What a certificate is asked for with O(secrets[].vault_engine=pki), for example
            C(common_name) and C(alt_names). See the API of the PKI engine. An error with other
            engines.
          - They are kept in a label, and other parameters lead to a new certificate.
          - Fields of the answer are V(certificate), V(private_key), V(issuing_ca), V(ca_chain)
            (one PEM text) and V(fullchain) (the certificate and its chain in one PEM text). Any
            other name is an error before a certificate is issued.
          - With C(format) V(der), O(secrets[].vault_format=base64) gives the bytes of
            V(certificate), V(private_key) and V(issuing_ca).
        type: dict
        default: {}
      vault_renew_before:
        description:
          - How long before its end a leased credential or a certificate is renewed. A time such as
            V(30m), V(12h) or V(7d), a number of seconds, or a share of its whole time such as
            V(25%).
          - If not given, when a third of its time is left. A margin of more than two thirds of the
            time counts as two thirds.
        type: str
      data:
        description:
          - The value itself, for values that do not come from Vault or that another lookup gives.
          - It must be text. A mapping or a list goes through the
            P(ansible.builtin.to_json#filter) filter, a number or a boolean into quotes. Anything
            else is refused, since nobody could tell the bytes that are meant.
          - Mutually exclusive with O(secrets[].vault_path) and O(secrets[].driver).
        type: raw
      data_is_b64:
        description:
          - O(secrets[].data) is Base64 and is decoded first. For values that are not text.
        type: bool
        default: false
      driver:
        description:
          - Name of a Docker plugin that serves the value, for example
            V(vault-secrets-plugin:latest). A version is then a Swarm secret without data. Its
            labels say what to read, and the plugin reads it from Vault when a task starts, so
            nothing of the value is in the Swarm.
          - The label C(vault_version) of a version keeps it at the version of the V(kv2) path that
            was current when it was made. Services move to the next one, go back, and are left
            alone by a quarantined one as with a stored value. Needs a plugin that follows that
            label, as the secretprovider plugin of this collection does.
          - The run reads no secret data, and needs the right to read the metadata of the path only.
            So it cannot tell that a value was only written again, and every version of the path
            makes new versions of the secrets.
          - For V(kv2) only, since other engines have no versions to stay at. Needs
            O(secrets[].vault_field), or O(secrets[].vault_format=json).
          - Empty (V("")) stores the value in the Swarm. To change from one to the other, change
            this option. The next run makes a new version and moves the services to it.
          - If not given, it stays as it is with the newest version. A secret without one is stored.
          - The plugin must be installed and enabled on all managers.
        type: str
      adopt:
        description:
          - Names of Swarm secrets that are to become versions of this logical secret, for example
            V([db_password_v2]) where a service runs a secret that was made by hand or by a script.
          - Services that refer to one of them move to the new version, and go back to it on a
            rollback. Versions are numbered on from the highest V(_v<number>) among their names.
          - They belong to whoever made them. The collection never removes one, neither as an old
            version nor with O(state=absent). It notes the adoption in their label
            C(swarmvault.adopted), so the option may be left out of later runs.
          - Not needed for a secret that bears the logical name itself, nor for those that
            C(community.docker.docker_secret) made with C(rolling_versions), which are recognised by
            their labels.
          - It is an error if there is no such Swarm secret, or if it belongs to another logical
            secret. Upper and lower case are the same, as they are to the engine.
          - A Swarm secret with a driver (its value comes from a plugin when a task starts) is
            only taken over if O(secrets[].driver) is given, or if it is named here, even if it
            bears the logical name itself. Without O(secrets[].driver) its value is then stored in
            the Swarm.
        type: list
        elements: str
        default: []
      from_version:
        description:
          - The Swarm secret to go back from, such as V(db_password_v3), as RV(unconfirmed) lists
            it. Where services have been left at another version, nothing is done.
          - Goes with O(state=rolled_back) only. Without it, the version to go back from is the
            newest.
        type: str
      labels:
        description:
          - More labels for the Swarm secrets. Values must be strings.
          - The labels of the collection itself, C(vault_*) for the source and those that start
            with C(swarmvault.), cannot be given.
          - A label that is added or changed here is changed on the current version, without
            restarting anything. One that is left out stays. To remove one, set it to V(null).
          - Labels that others put on a version, such as the access control of a user interface,
            are carried over to the next one. Those of a stack (C(com.docker.stack.*)), of
            C(docker_secret) are not.
          - Labels that only a plugin for secrets reads, such as C(vault_wrap), are carried over as
            long as O(secrets[].driver) stays the same. One that is added, changed or removed here
            makes a new version, since it changes what tasks get.
        type: dict
        default: {}
      services:
        description:
          - Services to give the secret to, where they do not refer to it yet.
          - Services that do refer to it are found without being listed, and keep their target, uid,
            gid and mode.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description:
              - Name of the service. It must exist and must not be a job.
            type: str
            required: true
          target:
            description:
              - Name of the file, below C(/run/secrets) or as an absolute path.
              - If not given, the name of the logical secret.
              - Refused where another secret, a config or a mount of the service is at that path
                already, however it is spelled there.
            type: str
          uid:
            description:
              - Numeric id of the user who owns the file. The engine does not look names up;
                C(id -u NAME) in a container of the image prints the number.
            type: str
            default: '0'
          gid:
            description:
              - Numeric id of the group that owns the file, see O(secrets[].services[].uid).
            type: str
            default: '0'
          mode:
            description:
              - Permissions of the file, as an octal number in quotes.
              - Without quotes YAML makes another number of it. V(400) would be C(0620), so an
                integer whose digits could be meant as octal is refused.
            type: raw
            default: '0444'
notes:
  - What should be text and YAML reads as something else, such as V(no), V(010) or V(1.10), is
    refused. Put it in quotes.
"""
