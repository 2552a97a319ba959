# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every test: the collection can be imported by name, and who runs beside whom."""

from __future__ import annotations

import sys

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.collection_path import link_collection

sys.path.insert(0, str(link_collection()))

pytest_plugins = ["tests.behaviours"]


class TwoQueues(LoadScopeScheduling):
    """One worker for the tests that wait for real nodes, one for those that keep a core busy.

    Each queue keeps its order, so that what is shared between tests is made once.
    """

    def _split_scope(self, nodeid: str) -> str:
        waits = nodeid.startswith(("tests/testbed/", "tests/e2e/"))
        return "nodes" if waits else "local"


# Not --dist=loadgroup: with pytest 9.2 that silently ignores the groups (pytest-xdist#1386).
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TwoQueues:
    """Give pytest-xdist our queues, whenever it runs at all (-n)."""
    return TwoQueues(config, log)
