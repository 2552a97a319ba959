# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Where a lookup runs."""

    DOCUMENTATION = r"""
options: {}
notes:
  - A lookup runs on the controller, not on the managed host. That is where environment variables
    are taken from, where files lie, where Python libraries are needed, and from where Vault or the
    engine must be reachable.
  - The C(environment) and C(module_defaults) keywords do not reach a lookup. Variables do. They
    come between an option and the environment. What the section C(hashi_vault_collection) of
    C(ansible.cfg) says about Vault comes after the environment variables of
    C(community.hashi_vault).
"""
