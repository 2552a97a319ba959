# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker refuses settings that are not declared: each that the code reads must be."""

from __future__ import annotations

import ast
import json
import re
import typing as t

from swarmvault_secretprovider import declared

from tests.collection_path import ROOT

PACKAGE = ROOT / "secretprovider" / "swarmvault_secretprovider"
CONFIG = ROOT / "secretprovider" / "config.json"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_secretprovider.rst"
#: What the plugins before this one declare in config.json, without other stores than Vault.
KNOWN = {
    *("VAULT_ADDR", "VAULT_AUTH_METHOD", "VAULT_TOKEN", "VAULT_ROLE_ID", "VAULT_SECRET_ID"),
    *("VAULT_APPROLE_AUTH_PATH", "VAULT_JWT_ROLE", "VAULT_JWT", "VAULT_JWT_FILE"),
    *("VAULT_JWT_AUTH_PATH", "VAULT_MOUNT_PATH", "VAULT_SKIP_VERIFY", "VAULT_CACERT"),
    *("VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY", "VAULT_ENABLE_ROTATION", "VAULT_ROTATION_INTERVAL"),
    *("OPENBAO_ADDR", "OPENBAO_AUTH_METHOD", "OPENBAO_TOKEN", "OPENBAO_ROLE_ID"),
    *("OPENBAO_SECRET_ID", "OPENBAO_APPROLE_AUTH_PATH", "OPENBAO_JWT_ROLE", "OPENBAO_JWT"),
    *("OPENBAO_JWT_FILE", "OPENBAO_JWT_AUTH_PATH", "OPENBAO_MOUNT_PATH", "OPENBAO_SKIP_VERIFY"),
    *("SECRETS_PROVIDER", "ENABLE_ROTATION", "ROTATION_INTERVAL", "ENABLE_MONITORING"),
    *("MONITORING_PORT", "PLUGIN_LOG_PATH", "PLUGIN_LOG_LEVEL", "LOG_LEVEL", "uid", "gid"),
}
OWN_NAME = re.compile(r"(?:VAULT|OPENBAO|LOG|METRICS|PLUGIN|SECRETS)_[A-Z_]*[A-Z]|uid|gid")


def texts(file: str) -> t.Iterator[str]:
    for node in ast.walk(ast.parse((PACKAGE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_settings_of_other_plugins_are_declared() -> None:
    assert KNOWN - set(declared.BY_NAME) == set()


def test_every_setting_that_is_read_is_declared() -> None:
    read = {text for text in texts("environment.py") if OWN_NAME.fullmatch(text)}
    assert "VAULT_DEADLINE" in read
    assert read - set(declared.BY_NAME) == set()


def test_names_are_there_once() -> None:
    assert len(declared.BY_NAME) == len(declared.SETTINGS)


def test_nothing_is_set_from_the_start_and_everything_can_be() -> None:
    for one in declared.config_env():
        assert set(one) == {"name", "description", "value", "settable"}
        assert (one["value"], one["settable"]) == ("", ["value"])


def test_config_json_declares_them_all() -> None:
    config = json.loads(CONFIG.read_text(encoding="utf-8"))
    assert config["env"] == declared.config_env()


def test_the_guide_tells_of_each_in_the_same_words() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    told = [one for one in declared.SETTINGS if one not in declared.CONNECTIONS[declared.OPENBAO]]
    rows = [
        f"   * - ``{one.name}``\n     - {one.description}.\n     - {one.default}".rstrip()
        for one in told
    ]
    assert [row for row in rows if f"{row}\n" not in text] == []
    # ... and of none that is not there.
    assert len(re.findall(r"^   \* - ``(?:uid|gid|[A-Z_]+)``$", text, re.MULTILINE)) == len(told)


def test_both_families_have_the_same_settings() -> None:
    ours, theirs = (
        [one.name.removeprefix(f"{prefix}_") for one in settings]
        for prefix, settings in declared.CONNECTIONS.items()
    )
    assert ours == theirs
