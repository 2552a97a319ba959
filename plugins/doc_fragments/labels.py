# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How versions and their sources are told."""

    DOCUMENTATION = r"""
options: {}
notes:
  - Which versions belong to a logical secret is told by the labels C(swarmvault.name) and
    C(swarmvault.version), never by the beginning of a name. Other labels of a version are
    C(swarmvault.source_version), C(swarmvault.source_time), C(swarmvault.fingerprint),
    C(swarmvault.status), C(swarmvault.failed_on) and, for values that end, C(swarmvault.issued),
    C(swarmvault.expires), C(swarmvault.lease_id), C(swarmvault.serial) and
    C(swarmvault.lease_revoked). Leave them as they are, they are the only state there is. A lease
    id is no secret, it names a lease and gives no right to it.
  - The source is told by the labels C(vault_path), C(vault_field), C(vault_mount),
    C(vault_engine), C(vault_version), C(vault_format), C(vault_params) (a JSON object) and
    C(vault_renew_before). They mean what the options of the same names mean. A secret that a stack
    file or C(docker secret create -l vault_path=...) makes with them is managed with
    O(discover=true), without listing it.
"""
