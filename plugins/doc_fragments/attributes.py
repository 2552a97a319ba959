# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes block of every module."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and tell what would change without changing anything.
  diff_mode:
    description: Tells in diff mode what has changed, or in C(check_mode) what would change.
  idempotent:
    description:
      - A second run with the same arguments changes nothing, as long as nothing else has changed.
  action_group:
    description: Use C(group/swarmvault.secrets.all) in C(module_defaults) to set defaults.
    support: full
    membership:
      - swarmvault.secrets.all
"""
