# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every test: the collection can be imported by name, and who runs beside whom."""

from __future__ import annotations

import sys

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.collection_path import ROOT, link_collection, link_plugin

sys.path.insert(0, str(link_collection()))
# What pyproject.toml says as well: ansible-test reads a configuration of its own.
sys.path.insert(1, str(ROOT / "tests"))
sys.path.insert(2, str(link_plugin()))

pytest_plugins = ["tests.behaviours"]


#: Each queue, and what is in it; the first that fits counts. All others want nodes.
QUEUES = {
    # These want a database beside the nodes, and wait for the most part.
    "database": (
        "tests/e2e/leases/",
        "tests/e2e/vault/test_least_privilege.py",
        "tests/e2e/ansible/test_hook_examples.py",
    ),
    # These want the plugin on nodes, or bring it there.
    "plugin": (
        "tests/e2e/plugin/",
        "tests/e2e/secretprovider/test_rotation.py",
        "tests/e2e/rotation/test_driver_backed.py",
    ),
    "role": ("tests/e2e/role/",),
    # These want an OpenBao and no nodes.
    "local": ("tests/unit/", "tests/checks/", "tests/e2e/vault/", "tests/e2e/secretprovider/"),
    # These want nodes, and are as many as all others that do.
    "rotation": ("tests/e2e/rotation/",),
}


class Queues(LoadScopeScheduling):
    """Queues of tests, for one worker each: what waits for real nodes, and what keeps a core busy.

    Whoever is through with one takes the next. Each queue keeps its order, so that what is shared
    between tests is made once, and has a bed of its own.
    """

    def _split_scope(self, nodeid: str) -> str:
        fitting = (queue for queue, places in QUEUES.items() if nodeid.startswith(places))
        return next(fitting, "nodes")


# Not --dist=loadgroup: with pytest 9.2 that silently ignores the groups (pytest-xdist#1386).
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Queues:
    """Give pytest-xdist our queues, whenever it runs at all (-n)."""
    return Queues(config, log)
