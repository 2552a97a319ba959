# SPDX-License-Identifier: GPL-3.0-or-later
"""What several checks share: the built collection, and the collection installed from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.sources import copy_collection
from tests.checks.tools import run_tool


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
