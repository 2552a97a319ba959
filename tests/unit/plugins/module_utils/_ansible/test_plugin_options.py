# SPDX-License-Identifier: GPL-3.0-or-later
"""From a task to what it asks for, with nothing of a secret setting in what Ansible tells."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.testing import patch_module_args
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible import plugin_options
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import errors
from ansible_collections.swarmvault.secrets.plugins.modules import secretprovider_plugin

Options = dict[str, t.Any]


def params(**given: t.Any) -> Options:
    result = ArgumentSpecValidator(plugin_options.PLUGIN_ARGUMENTS).validate(given)
    assert result.error_messages == []
    return dict(result.validated_parameters)


def told(capsys: pytest.CaptureFixture[str], options: Options) -> Options:
    with patch_module_args(options), pytest.raises(SystemExit):
        secretprovider_plugin.main()
    return dict(json.loads(capsys.readouterr().out))


def test_a_name_without_a_tag_is_the_latest() -> None:
    request = plugin_options.to_request(params(alias="vault-secrets-plugin", reference="x:1"))
    assert request.alias == "vault-secrets-plugin:latest"
    assert request.trial == "vault-secrets-plugin-trial:latest"


def test_settings_are_text_as_on_a_command_line() -> None:
    given = {"VAULT_ENABLE_ROTATION": True, "uid": 0, "LOG_LEVEL": "debug", "VAULT_ADDR": None}
    request = plugin_options.to_request(params(reference="x:1", settings=given))
    wanted = {"VAULT_ENABLE_ROTATION": "true", "uid": "0", "LOG_LEVEL": "debug", "VAULT_ADDR": ""}
    assert request.settings == wanted


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Exactly one of reference and archive"),
        ({"reference": "x:1", "archive": "/x"}, "not both"),
        ({"reference": "x:1", "wait_timeout": 0}, "wait_timeout must be at least 1"),
        ({"reference": "x:1", "settings": {"A": {"b": "hush"}}}, "Settings are text: A"),
        ({"reference": "x:1", "settings": {"A": 1.10}}, "in quotes"),
    ],
)
def test_what_contradicts_itself_is_refused(given: Options, message: str) -> None:
    with pytest.raises(errors.InputError, match=message) as error:
        plugin_options.to_request(params(**given))
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("more", [{}, {"nonsense": 1}, {"enable_timeout": "soon"}])
@pytest.mark.parametrize(
    "settings",
    [
        {"VAULT_TOKEN": "hush-hush", "VAULT_ADDR": "https://vault"},
        '{"VAULT_TOKEN": "hush-hush"}',
        "VAULT_TOKEN=hush-hush",
    ],
    ids=["mapping", "json", "pairs"],
)
def test_secret_settings_are_in_nothing_that_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, settings: object, more: Options
) -> None:
    result = told(
        capsys,
        {
            "docker_host": f"unix://{tmp_path}/none.sock",
            "reference": "x:1",
            "settings": settings,
            **more,
        },
    )
    assert result["failed"]
    assert "hush-hush" not in repr(result)
