# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin's configuration: what Docker wants of it, and no right that it does not need."""

from __future__ import annotations

import json
import typing as t

import pytest
from swarmvault_secretprovider import declared, listening

from tests.collection_path import ROOT

CONFIG: dict[str, t.Any] = json.loads((ROOT / "secretprovider" / "config.json").read_text())


def test_every_setting_is_declared() -> None:
    """Docker refuses to set what is not. ``python3 -m swarmvault_secretprovider.declared`` prints it."""
    assert CONFIG["env"] == declared.config_env()


def test_it_is_a_secret_provider_on_the_hosts_network_without_rights() -> None:
    assert CONFIG["interface"]["types"] == ["docker.secretprovider/1.0"]
    assert f"/run/docker/plugins/{CONFIG['interface']['socket']}" == listening.SOCKET
    assert CONFIG["network"] == {"type": "host"}
    assert CONFIG["linux"] == {"capabilities": []}


@pytest.mark.parametrize("mount", CONFIG["mounts"], ids=lambda mount: mount["name"])
def test_a_mount_can_be_enabled_as_it_is_and_set(mount: dict[str, t.Any]) -> None:
    assert mount["settable"] == ["source"]
    assert mount["options"] == ["rbind"]  # the engine refuses none at all
    assert mount["source"].startswith(("/dev/", "/proc/"))  # there on every Linux, nothing in it
    assert mount["description"]


def test_credentials_are_where_the_plugin_looks() -> None:
    (mount,) = [mount for mount in CONFIG["mounts"] if mount["name"] == "credentials"]
    assert mount["destination"] == declared.CREDENTIALS_DIR
