# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports each module named after two folders to import from, under whichever Python runs this."""

from __future__ import annotations

import importlib
import sys
import traceback

sys.path[:0] = sys.argv[1:3]
failed = 0
for name in sys.argv[3:]:
    try:
        importlib.import_module(name)
    except BaseException:  # noqa: BLE001 # a module that exits on import fails like any other
        failed = 1
        print(name)
        traceback.print_exc()
sys.exit(failed)
