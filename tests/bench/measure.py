# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run an interpreter and note its peak memory in KiB; measured_python starts this."""

from __future__ import annotations

import os
import sys

python = os.environ["MEASURED_PYTHON"]
child = os.spawnv(os.P_NOWAIT, python, [python, *sys.argv[1:]])  # noqa: S606 - as Ansible asks
_pid, status, usage = os.wait4(child, 0)
with open(os.environ["MEASURED_MEMORY"], "a", encoding="utf-8") as file:  # noqa: PTH123 - starts fast
    file.write(f"{usage.ru_maxrss}\n")
sys.exit(os.waitstatus_to_exitcode(status))
