# SPDX-License-Identifier: GPL-3.0-or-later
"""What several checks share: the built collection, and the collection installed from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.sources import copy_collection
from tests.checks.tools import run_tool

HERE = Path(__file__).parent

#: Fixtures that build the product first.
BUILDING = {"tarball", "installed"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what "make lint" runs: the checks right here that look at the sources alone.

    What builds, installs or documents the product, and Ansible's sanity tests, take minutes.
    """
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.path.parent == HERE and BUILDING.isdisjoint(fixtures):
            item.add_marker(pytest.mark.lint)


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build in the checkout itself, where everything lies about that must not get in."""
    output = tmp_path_factory.mktemp("build")
    run_tool("ansible-galaxy", "collection", "build", "--output-path", output)
    (built,) = output.glob("*.tar.gz")
    return built


@pytest.fixture(scope="session")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the built collection, and nothing else, as a user without a network does."""
    collections = tmp_path_factory.mktemp("installed")
    command = ["ansible-galaxy", "collection", "install", "--offline", "-p", str(collections)]
    run_tool(*command, tarball, cwd=collections)
    return collections


@pytest.fixture
def collection_copy(tmp_path: Path) -> Path:
    """Copy the project for a tool that writes where it works or wants the collection's path."""
    return copy_collection(tmp_path)
