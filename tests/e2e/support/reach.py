# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Ansible reaches a bed: by the API from this machine, or over ssh on its nodes."""

from __future__ import annotations

import json
import sys
import typing as t

from testbed.inventory import over_ssh

if t.TYPE_CHECKING:
    from pathlib import Path

    from testbed import Bed, Node

#: The interpreter on the nodes that has the SDK, and one that has not.
INTERPRETER = "/opt/ansible/bin/python"
BARE_INTERPRETER = "/usr/bin/python3"
#: Where the authority of OpenBao lies on a node.
NODE_CA = "/etc/vault-ca.pem"


def write_inventory(bed: Bed, path: Path) -> Path:
    """Write an inventory with the nodes by group, reached over ssh, and this machine."""
    groups = {"swarm_managers": bed.managers, "swarm_workers": bed.workers}
    inventory = {
        "all": {
            "hosts": {
                "localhost": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": sys.executable,
                }
            },
            "children": {
                group: {"hosts": {node.name: _over_ssh(bed, node) for node in nodes}}
                for group, nodes in groups.items()
            },
        }
    }
    path.write_text(json.dumps(inventory))
    return path


def _over_ssh(bed: Bed, node: Node) -> dict[str, str]:
    return {**over_ssh(bed, node), "ansible_python_interpreter": INTERPRETER}


def trust_vault(bed: Bed) -> None:
    """Put the authority of the bed's OpenBao onto its nodes."""
    for node in bed.nodes:
        node.put(NODE_CA, bed.vault.ca_cert.read_bytes())


def over_tcp(bed: Bed, node: int = 0) -> dict[str, t.Any]:
    """Return the options to reach a node's engine and OpenBao from this machine."""
    return {**bed.docker_options(node), **to_vault(bed)}


def to_vault(bed: Bed) -> dict[str, t.Any]:
    """Return the options to reach OpenBao from this machine."""
    return {"vault_url": bed.vault.url, "vault_ca_cert": str(bed.vault.ca_cert)}


def to_vault_from_node(bed: Bed) -> dict[str, t.Any]:
    """Return the options to reach OpenBao from a node."""
    return {"vault_url": bed.vault.url, "vault_ca_cert": NODE_CA}
