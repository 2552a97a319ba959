# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible does for every module, with fewer looks for garbage on the controller.

To send a module Ansible parses every file that it imports, 150 of them here, and Python takes the
hundreds of thousands of objects that this makes for a reason to walk through everything that Ansible
has loaded, several times over: a third of what the controller spends on a task.
"""

from __future__ import annotations

import gc
import typing as t

from ansible.plugins.action import normal
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import archive


class ActionModule(normal.ActionModule):  # type: ignore[misc]  # Ansible carries no types
    """Runs the module as Ansible does, in the process that Ansible starts for each task."""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        """Run the module.

        :returns: its result, as of any module.
        """
        gc.freeze()
        gc.set_threshold(archive.LOOKED_AT)
        return t.cast("dict[str, t.Any]", super().run(tmp, task_vars))
