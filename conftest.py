# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every test: the collection can be imported by name, and who runs beside whom."""

from __future__ import annotations

import sys

import pytest

from tests.collection_path import ROOT, link_collection

sys.path.insert(0, str(link_collection()))

NEED_REAL_NODES = [ROOT / "tests" / "testbed", ROOT / "tests" / "e2e"]


# First, because pytest-xdist reads the groups in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make two queues for two workers: what waits for real nodes, and what keeps a core busy."""
    for item in items:
        waits = any(item.path.is_relative_to(folder) for folder in NEED_REAL_NODES)
        item.add_marker(pytest.mark.xdist_group("nodes" if waits else "local"))
