# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's variables ask for, as a playbook, an inventory or a survey writes them."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.plugin_utils import _role_request

from tests.collection_path import ROOT

ROLE = ROOT / "roles" / "secretprovider"
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
OPTIONS = SPECS["main"]["options"]
DECLARED = json.loads((ROOT / "secretprovider" / "config.json").read_text())
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
CANARY = "hvs.canary"


def read(**given: t.Any) -> dict[str, t.Any]:
    """Return what is wanted."""
    found = _role_request.read(_prefixed(given), OPTIONS, DECLARED)
    assert found["problems"] == []
    return t.cast("dict[str, t.Any]", found["wanted"])


def problems(**given: t.Any) -> list[str]:
    """Return what is wrong."""
    found = _role_request.read(_prefixed(given), OPTIONS, DECLARED)
    return t.cast("list[str]", found["problems"])


def _prefixed(given: dict[str, t.Any]) -> dict[str, t.Any]:
    return {**DEFAULTS, **{f"secretprovider_{name}": value for name, value in given.items()}}


def test_nothing_is_asked_for() -> None:
    wanted = read()
    assert (wanted["state"], wanted["kind"], wanted["rotation"]) == ("present", "build", "none")
    assert wanted["settings"] == {}
    assert not wanted["has_credentials"]
    assert (wanted["uid"], wanted["gid"]) == (65532, 65532)
    assert wanted["vault"] == {"vault_url": [], "vault_validate_certs": True}


def test_empty_text_of_a_survey_is_no_answer() -> None:
    assert (
        read(**dict.fromkeys((name.removeprefix("secretprovider_") for name in OPTIONS), ""))
        == read()
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"VAULT_ADDR": "https://vault", "VAULT_SKIP_VERIFY": True, "VAULT_CACHE_TTL": 60},
        "VAULT_ADDR: https://vault\nVAULT_SKIP_VERIFY: yes\nVAULT_CACHE_TTL: 60\n",
        '{"VAULT_ADDR": "https://vault", "VAULT_SKIP_VERIFY": true, "VAULT_CACHE_TTL": 60}',
    ],
    ids=["mapping", "YAML", "JSON"],
)
def test_settings_may_be_text_and_become_what_the_plugin_reads(settings: t.Any) -> None:
    wanted = read(settings=settings)
    assert wanted["settings"] == {
        "VAULT_ADDR": "https://vault",
        "VAULT_SKIP_VERIFY": "true",
        "VAULT_CACHE_TTL": "60",
    }
    assert wanted["vault"] == {"vault_url": ["https://vault"], "vault_validate_certs": False}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("build", "build"),
        ("/srv/plugin.tar", "archive"),
        ("./plugin", "archive"),
        ("~/plugin", "archive"),
        ("plugin.tar", "archive"),
        ("registry.example.com/infra/secretprovider:1.1", "reference"),
        ("localhost:5000/secretprovider", "reference"),
    ],
)
def test_a_source_is_known_by_its_look(source: str, kind: str) -> None:
    assert read(source=source)["kind"] == kind


def test_credentials_bring_their_mount() -> None:
    wanted = read(credentials={"token": CANARY}, credentials_dir="/etc/x", settings={"uid": 7})
    assert wanted["settings"]["credentials.source"] == "/etc/x"
    assert (wanted["uid"], wanted["gid"]) == (7, 7)
    assert wanted["keeps_credentials"]


def test_credentials_that_somebody_else_writes_stay() -> None:
    wanted = read(settings={"credentials.source": "/etc/vault-secrets-plugin"})
    assert not wanted["has_credentials"]
    assert wanted["keeps_credentials"]


def test_a_plugin_that_rotates_gets_the_socket_and_the_interval() -> None:
    settings = read(rotation="plugin", interval="90s")["settings"]
    assert settings == {
        "docker.source": "/var/run/docker.sock",
        "VAULT_ENABLE_ROTATION": "true",
        "VAULT_ROTATION_INTERVAL": "90s",
    }


@pytest.mark.parametrize("token", ["hvs.wrapped", {"m1": "hvs.wrapped"}, '{"m1": "hvs.wrapped"}'])
def test_a_wrapped_secret_id_is_for_one_or_for_each(token: t.Any) -> None:
    wanted = read(secret_id_wrapped=token, settings={"VAULT_APPROLE_AUTH_PATH": "apps"})
    assert wanted["secret_id_wrapped"] in ("hvs.wrapped", {"m1": "hvs.wrapped"})
    assert wanted["has_credentials"]
    assert wanted["vault"]["vault_auth_mount"] == "apps"


WRONG: dict[str, tuple[dict[str, t.Any], str]] = {
    "state": ({"state": "gone"}, "must be one of"),
    "number": ({"wait_timeout": "soon"}, "secretprovider_wait_timeout"),
    "list": ({"settings": ["VAULT_ADDR"]}, "must be a mapping"),
    "broken text": ({"credentials": f"token: '{CANARY}"}, "must be a mapping"),
    "nested": ({"credentials": {"token": {"value": CANARY}}}, "which token has not"),
    "misspelt": ({"settings": {"VAULT_ADDRESS": "x"}}, "Did you mean VAULT_ADDR?"),
    "other case": ({"settings": {"vault_addr": "x"}}, "Did you mean VAULT_ADDR?"),
    "unknown": ({"settings": {"Q": "x"}}, "There are VAULT_ADDR"),
    "credential": ({"settings": {"VAULT_TOKEN": CANARY}}, "Put it into secretprovider_credentials"),
    "path": ({"credentials": {"other/token": CANARY}}, "not a valid name of a file"),
    "hidden": ({"credentials": {".token": CANARY}}, "not a valid name of a file"),
    "two secret IDs": (
        {"credentials": {"secret_id": CANARY}, "secret_id_wrapped": CANARY},
        "Leave one of them out",
    ),
    "two directories": (
        {"credentials": {"token": CANARY}, "settings": {"credentials.source": "/srv"}},
        "Leave the setting out",
    ),
    "base": ({"base_image": "debian:12", "source": "/x.tar"}, "secretprovider_source=build alone"),
    "two that rotate": (
        {"rotation": "timer", "settings": {"ENABLE_ROTATION": True}},
        "secretprovider_rotation is timer",
    ),
    "interval": ({"interval": "often"}, "such as 5m"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_is_told_without_a_value(name: str) -> None:
    given, expected = WRONG[name]
    (problem,) = problems(**given)
    assert expected in problem
    assert CANARY not in problem
    assert problem.endswith((".", "?"))


def test_all_problems_are_told_at_once() -> None:
    assert len(problems(interval="often", settings={"VAULT_ADDRESS": "x", "VAULT_TOKEN": "y"})) == 3
