# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known here of the plugin's settings is what the plugin itself declares."""

from __future__ import annotations

import json

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._plugin import settings
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm import plugin_config
from swarmvault_secretprovider import declared

from tests.collection_path import ROOT

CONFIG = plugin_config.parse(
    json.loads((ROOT / "secretprovider" / "config.json").read_text(encoding="utf-8"))
)
SECRET = {one.name for one in declared.SETTINGS if one.secret}
#: These may tell how to log in, though the plugin does not call them secret.
KEPT = {"ROLE_ID", "USERNAME", "CLIENT_KEY", "PROXY_ADDR"}


def test_no_setting_that_is_secret_is_shown() -> None:
    assert len(SECRET) > 5
    assert set() == SECRET & settings.HARMLESS


def test_every_other_setting_is_shown_but_for_those_that_may_tell_a_login() -> None:
    hidden = CONFIG.settings - settings.HARMLESS - SECRET
    assert {name.partition("_")[2] for name in hidden} == KEPT
    assert settings.HARMLESS - CONFIG.settings == set()


def test_an_address_with_a_login_is_not_shown() -> None:
    values = {"VAULT_ADDR": "https://me:hush@vault", "LOG_LEVEL": "debug", "NOBODY_KNOWS": "hush"}
    shown = {"LOG_LEVEL": "debug", "NOBODY_KNOWS": "(hidden)", "VAULT_ADDR": "(hidden)"}
    assert settings.shown(values) == shown


def test_the_defaults_of_mounts_are_those_of_the_plugin() -> None:
    assert CONFIG.sources == settings.DEFAULT_SOURCES


def test_a_trial_has_no_credentials_and_neither_rotates_nor_listens() -> None:
    given = dict.fromkeys(CONFIG.settings, "given")
    trial = settings.for_trial(given)
    assert {name for name in SECRET if trial[name]} == set()
    assert trial["VAULT_CREDENTIALS_DIR"] == "/proc/tty/ldisc"  # nothing is in it
    assert trial["VAULT_ENABLE_ROTATION"] == "false"
    assert not trial["ENABLE_ROTATION"]
    assert not trial["METRICS_LISTEN"]
    assert not trial["ENABLE_MONITORING"]
    # The same mounts, so that one that is not there is found out.
    assert trial["credentials.source"] == "given"
    assert trial["VAULT_ADDR"] == "given"


@pytest.mark.parametrize("name", ["VAULT_ADDRESS", "credentials"])
def test_what_is_not_declared_is_refused_without_its_value(name: str) -> None:
    with pytest.raises(Exception, match=rf"does not declare the settings {name}\.") as told:
        settings.check({name: "hush"}, CONFIG, "it")
    assert "hush" not in str(told.value)


def test_it_is_told_that_a_setting_is_there_and_cannot_be_set() -> None:
    config = plugin_config.parse({"env": [{"name": "FIXED", "value": "1", "settable": []}]})
    with pytest.raises(Exception, match="FIXED cannot be set"):
        settings.check({"FIXED": "2"}, config, "it")
