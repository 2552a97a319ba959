# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How versions and their sources are told, and what labels may ask for."""

    DOCUMENTATION = r"""
options:
  discover_paths:
    description:
      - What labels may ask Vault for, a list of patterns of paths that begin with the mount, for
        example V(secret/shop/*). It bounds secrets found by O(discover=true), and entries of
        O(secrets) that leave the source to labels. An entry with a source is not bounded.
      - Without it, labels may name any path of V(kv2), and nothing of other engines, since those
        read whatever is at the path. To let labels use V(kv1), V(read) or V(pki), list the path.
        With an empty list, labels may name nothing.
      - Whoever can create a secret in Swarm chooses what its labels say, and services that use it
        get that value. Where several teams share the Swarm, or the token may read more than its
        services should get, list the paths.
      - At the end of a pattern, V(/*) stands for everything below, at any depth. Elsewhere V(*)
        stands for one part of the path, or within a part for any of its characters, and V(**) for
        any number of parts. All else is taken as it stands, capitals included.
      - For V(kv2) a path is its C(vault_mount) and its C(vault_path), without C(data/). What
        V(kv2) calls C(secret/shop/db), other engines read at C(secret/data/shop/db); they may where
        both are listed.
      - Paths below C(auth/), C(sys/), C(identity/) and C(cubbyhole/), also of a namespace, are
        never a source, whatever is listed, for labels and tasks alike. A path of another engine
        than V(kv2) may have a part of such a name. No wildcard covers it then, so list it whole.
      - A discovered secret whose labels ask for something else is left as it is, with a warning. A
        listed one is left as it is too, and fails the task at its end. So does a label that makes
        no sense.
    type: list
    elements: str
notes:
  - Which versions belong to a logical secret is told by the labels C(swarmvault.name) and
    C(swarmvault.version), never by the beginning of a name. Other labels of a version are
    C(swarmvault.source_version), C(swarmvault.source_time), C(swarmvault.fingerprint),
    C(swarmvault.status), C(swarmvault.failed_on), C(swarmvault.group), C(swarmvault.follows) (on
    versions with a driver, whose C(vault_version) is not a pin of yours) and, for values that end,
    C(swarmvault.issued), C(swarmvault.expires), C(swarmvault.lease_id), C(swarmvault.serial) and
    C(swarmvault.lease_revoked). Leave them as they are, they are the only state there is. A lease
    id is not a secret; it names a lease and gives no right to it.
  - A secret that somebody else made and that was adopted has the label C(swarmvault.adopted), with
    the logical secret that it is a version of.
  - The source is told by the labels C(vault_path), C(vault_field), C(vault_mount), C(vault_engine),
    C(vault_version), C(vault_format), C(vault_params) (a JSON object) and C(vault_renew_before).
    They mean what the options of the same names mean. A secret that a stack file or C(docker secret
    create -l vault_path=...) makes with them is managed with O(discover=true), without listing it.
    One with a driver keeps the driver, and is left alone with a warning where the driver serves
    what has no versions, such as a token for each task. What they may name is bounded by
    O(discover_paths).
  - A discovered secret with the label C(vault_connection) is one of another Vault, which only the
    Docker plugin knows. It is left as it is, with a warning, unless the label says C(default).
"""
