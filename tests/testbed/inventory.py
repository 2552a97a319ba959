# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Ansible reaches the nodes of a bed: over ssh, as it reaches anybody's."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from testbed.bed import Bed
    from testbed.node import Node


def over_ssh(bed: Bed, node: Node) -> dict[str, str]:
    """Return the variables of a host that is a node; the interpreter is left to Ansible."""
    return {
        "ansible_host": node.ip,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(bed.ssh_key),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={bed.known_hosts} -o IdentitiesOnly=yes",
    }
