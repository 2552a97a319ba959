# SPDX-License-Identifier: GPL-3.0-or-later
"""What a timer is asked for: when it runs, and with which variables."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.plugin_utils._schedule import request


def wanted(**more: t.Any) -> dict[str, t.Any]:
    return {
        "state": "present",
        "rotation": "timer",
        "interval": "5m",
        "rotation_vars": {},
        "settings": {"VAULT_ADDR": "https://vault.example.com", "VAULT_AUTH_METHOD": "approle"},
        "vault": {"vault_url": ["https://vault.example.com"], "vault_validate_certs": True},
        "credentials": {"role_id": "r", "secret_id": "s", "ca.pem": "-----"},
        "credentials_dir": "/etc/vault-secrets-plugin",
        "random_delay": 30,
        "docker_socket": "/var/run/docker.sock",
        **more,
    }


@pytest.mark.parametrize(
    ("interval", "calendar", "cron"),
    [
        ("20s", "*-*-* *:*:0/20", None),
        ("60", "*-*-* *:0/1:0", "*/1 * * * *"),
        ("5m", "*-*-* *:0/5:0", "*/5 * * * *"),
        ("60m", "*-*-* 0/1:0:0", "0 */1 * * *"),
        ("6h", "*-*-* 0/6:0:0", "0 */6 * * *"),
        ("24h", "*-*-* 0:0:0", "0 0 * * *"),
        ("1d", "*-*-* 0:0:0", "0 0 * * *"),
    ],
)
def test_an_interval_is_a_time_of_the_clock(interval: str, calendar: str, cron: str | None) -> None:
    found = request.times_of(interval)
    assert found is not None
    assert (found.calendar, found.cron) == (calendar, cron)


@pytest.mark.parametrize("interval", ["7s", "90s", "7m", "90m", "5h", "2d", "", "soon", "0m"])
def test_an_interval_that_the_clock_does_not_know_is_refused(interval: str) -> None:
    assert request.times_of(interval) is None
    (problem,) = request.problems(wanted(interval=interval))
    assert "must divide a minute, an hour or a day" in problem
    assert not list(request.problems(wanted(interval=interval, rotation="plugin")))
    assert not list(request.problems(wanted(interval=interval, state="absent")))


def test_a_variable_of_something_else_is_refused() -> None:
    (problem,) = request.problems(wanted(rotation_vars={"vault_url": "https://v"}))
    assert "has vault_url, but" in problem


@pytest.mark.parametrize(
    "more",
    [
        {"secret_id_wrapped": "s.wrapped"},
        {"rotation_vars": {"swarmvault_vault_secret_id_wrapped": True}},
    ],
)
def test_a_secret_id_that_is_good_for_one_login_is_refused(more: dict[str, t.Any]) -> None:
    (problem,) = request.problems(wanted(**more))
    assert "good for one login" in problem


def test_the_timer_logs_in_as_the_plugin_does() -> None:
    assert not list(request.problems(wanted()))
    assert request.variables(wanted(rotation_vars={"swarmvault_keep_versions": 3})) == {
        "swarmvault_docker_host": "unix:///var/run/docker.sock",
        "swarmvault_keep_versions": 3,
        "swarmvault_leader_only": True,
        "swarmvault_vault_auth_method": "approle",
        "swarmvault_vault_ca_cert": "/etc/vault-secrets-plugin/ca.pem",
        "swarmvault_vault_role_id": "r",
        "swarmvault_vault_secret_id": "s",
        "swarmvault_vault_url": ["https://vault.example.com"],
        "swarmvault_vault_validate_certs": True,
    }


def test_a_login_of_its_own_leaves_out_that_of_the_plugin() -> None:
    own = {"swarmvault_vault_url": "https://other", "swarmvault_vault_token": "t"}
    found = request.variables(wanted(rotation_vars=own, secret_id_wrapped="s.wrapped"))
    assert {name for name in found if name.startswith("swarmvault_vault_")} == own.keys()


def test_chance_stays_well_below_the_interval() -> None:
    assert request.schedule(wanted())["delay"] == 30
    short = request.schedule(wanted(interval="20s"))
    assert (short["delay"], short["cron"]) == (10, None)
