# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with a scripted engine and a registry with three versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plugins.module_utils._plugin.scripted import REGISTRY, Engine, Host, config_json


@pytest.fixture
def host(tmp_path: Path) -> Host:
    versions = {"1": "1", "2": "2", "bad": "broken"}
    registry = {
        f"{REGISTRY}:{tag}": config_json(version=version) for tag, version in versions.items()
    }
    return Host(tmp_path, Engine(registry=registry))
