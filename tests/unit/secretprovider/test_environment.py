# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin's environment means."""

from __future__ import annotations

import dataclasses
import socket
import typing as t

import pytest
from swarmvault_core._common.errors import InputError
from swarmvault_core._vault.errors import MissingSettingError
from swarmvault_secretprovider import environment
from swarmvault_secretprovider.settings import LogSettings

if t.TYPE_CHECKING:
    from pathlib import Path

    from swarmvault_secretprovider.settings import Settings

NEEDED = {"VAULT_ADDR": "https://vault.example.com:8200", "VAULT_CREDENTIALS_DIR": "/nowhere"}


def load(sockets: t.Sequence[str] = (), **environ: str) -> Settings:
    return environment.load({**NEEDED, **environ}, sockets)


def test_defaults() -> None:
    found = load()
    assert (found.deadline, found.fail_on_error, found.max_parallel) == (8.0, True, 8)
    assert (found.cache_seconds, found.cache_bytes) == (86400.0, 16 * 1024 * 1024)
    assert found.log == LogSettings("text", "info")
    assert found.observe is None
    assert (found.rotation.enabled, found.rotation.interval) == (False, 300.0)
    assert found.user == (65532, 65532)
    assert found.warnings == ()


def test_empty_settings_are_not_set() -> None:
    found = load(VAULT_DEADLINE="", LOG_LEVEL=" ", uid="")
    assert dataclasses.replace(found, connections={}) == dataclasses.replace(load(), connections={})


def test_settings_are_taken() -> None:
    found = load(
        VAULT_DEADLINE="5s",
        VAULT_FAIL_ON_ERROR="false",
        VAULT_CACHE_TTL="1h",
        VAULT_CACHE_SIZE="1000",
        VAULT_MAX_PARALLEL="2",
        LOG_FORMAT="json",
        uid="1000",
        gid="1001",
    )
    assert (found.deadline, found.fail_on_error, found.max_parallel) == (5.0, False, 2)
    assert (found.cache_seconds, found.cache_bytes) == (3600.0, 1000)
    assert found.log.format == "json"
    assert found.user == (1000, 1001)


@pytest.mark.parametrize("prefix", ["VAULT_", ""])
def test_rotation_has_two_names(prefix: str) -> None:
    rotation = load(**{f"{prefix}ENABLE_ROTATION": "true", f"{prefix}ROTATION_INTERVAL": "10m"})
    assert (rotation.rotation.enabled, rotation.rotation.interval) == (True, 600.0)


def test_rotation_is_on_where_the_docker_socket_is_mounted(tmp_path: Path) -> None:
    path = str(tmp_path / "docker.sock")
    assert not load([path]).rotation.enabled
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        assert load([path]).rotation.enabled
        assert not load([path], VAULT_ENABLE_ROTATION="false").rotation.enabled
        assert load([path], VAULT_ENABLE_ROTATION="true").warnings == ()
    (warning,) = load(VAULT_ENABLE_ROTATION="true").warnings
    assert "docker.source" in warning


@pytest.mark.parametrize(
    ("level", "meant"),
    [("warn", "warning"), ("ERROR", "error"), ("4", "info"), ("6", "debug"), ("3", "warning")],
)
def test_levels_of_other_plugins_are_understood(level: str, meant: str) -> None:
    assert load(LOG_LEVEL=level).log.level == load(PLUGIN_LOG_LEVEL=level).log.level == meant


@pytest.mark.parametrize(
    ("environ", "where"),
    [
        ({"METRICS_LISTEN": "127.0.0.1:9110"}, "127.0.0.1:9110"),
        ({"METRICS_LISTEN": "localhost:9110"}, "127.0.0.1:9110"),
        ({"METRICS_LISTEN": "[::1]:9110"}, "[::1]:9110"),
        ({"METRICS_LISTEN": "unix:///run/metrics.sock"}, "/run/metrics.sock"),
        ({"ENABLE_MONITORING": "true"}, "127.0.0.1:8080"),
        ({"ENABLE_MONITORING": "true", "MONITORING_PORT": "9000"}, "127.0.0.1:9000"),
        ({"MONITORING_PORT": "9000"}, None),
    ],
)
def test_where_metrics_are_served(environ: dict[str, str], where: str | None) -> None:
    assert load(**environ).observe == where


def test_a_log_file_of_another_plugin_is_warned_of() -> None:
    assert "PLUGIN_LOG_PATH" in load(PLUGIN_LOG_PATH="/var/log/x").warnings[0]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("VAULT_DEADLINE", "soon", "not a time"),
        ("VAULT_DEADLINE", "30s", "must be from 1 to 20 s"),
        ("VAULT_DEADLINE", "0", "must be from 1 to 20 s"),
        ("VAULT_FAIL_ON_ERROR", "perhaps", "neither true nor false"),
        ("VAULT_CACHE_TTL", "25h", "more than 24h"),
        ("VAULT_CACHE_SIZE", "-1", "whole number"),
        ("VAULT_MAX_PARALLEL", "0", "at least 1"),
        ("VAULT_ROTATION_INTERVAL", "0", "at least 1s"),
        ("LOG_LEVEL", "7", "must be one of"),
        ("LOG_FORMAT", "xml", "must be one of text, json"),
        ("METRICS_LISTEN", "9110", "not an address of this host alone"),
        ("METRICS_LISTEN", "0.0.0.0:9110", "not an address of this host alone"),
        ("METRICS_LISTEN", "vault.example.com:9110", "not an address of this host alone"),
        ("METRICS_LISTEN", "127.0.0.1", "not an address with a port"),
        ("uid", "root", "whole number"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        load(**{name: value})
    assert name in str(caught.value)


def test_two_names_of_one_setting_must_agree() -> None:
    assert load(VAULT_ENABLE_ROTATION="true", ENABLE_ROTATION="true").rotation.enabled
    with pytest.raises(InputError, match="VAULT_ENABLE_ROTATION and ENABLE_ROTATION"):
        load(VAULT_ENABLE_ROTATION="true", ENABLE_ROTATION="false")


def test_a_missing_credential_does_not_keep_the_plugin_from_starting() -> None:
    with pytest.raises(MissingSettingError):
        load().connections["default"].options()
