# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of ``ansible-test integration`` do what they say, given a real Swarm and OpenBao."""

from __future__ import annotations

import json
import sys
import typing as t

import pytest

from tests.checks.doors.test_ansible_test import MODULES, WORKSHOP, ansible_test
from tests.checks.sources import copy_collection

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.support.world import World


@pytest.fixture
def config(world: World) -> Iterator[Path]:
    """Say in integration_config.yml how to reach this bed, as somebody would fill the template in."""
    file = copy_collection(WORKSHOP) / "tests" / "integration" / "integration_config.yml"
    vault = world.vault
    settings = {
        "integration_docker": world.bed.docker_options(),
        "integration_vault": {
            "vault_url": vault.url,
            "vault_token": vault.root_token,
            "vault_ca_cert": str(vault.ca_cert),
        },
        "integration_mount": "secret",
        "integration_image": "swarmvault-test/app:1",
        "integration_command": ["sleep", "3600"],
    }
    file.write_text(json.dumps(settings))
    yield file
    file.unlink()


@pytest.mark.usefixtures("config")
def test_every_target_passes_on_a_real_swarm(world: World) -> None:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    printed = ansible_test("integration", "--venv", "--python", python, *MODULES)
    for module in MODULES:
        assert f"Running {module} integration test role" in printed
    assert "failed=0" in printed
    assert "Nothing is tried" not in printed
    # They leave nothing behind.
    assert world.client.services() == []
    assert world.client.secrets() == []
