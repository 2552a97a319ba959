# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection options: names, defaults and fallbacks of community.docker."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._swarm.settings import (
    DockerOptions,
    resolve,
)


def test_defaults_are_those_of_community_docker_with_validation_on() -> None:
    assert dataclasses.asdict(resolve({}, {})) == {
        "docker_host": "unix:///var/run/docker.sock",
        "tls": False,
        "tls_hostname": None,
        "validate_certs": True,
        "ca_path": None,
        "client_cert": None,
        "client_key": None,
        "api_version": "auto",
        "timeout": 60,
        "use_ssh_client": False,
    }


GIVEN: list[tuple[str, str, t.Any, t.Any]] = [
    ("docker_host", "DOCKER_HOST", "tcp://a:1", "tcp://b:2"),
    ("tls_hostname", "DOCKER_TLS_HOSTNAME", "a", "b"),
    ("api_version", "DOCKER_API_VERSION", "1.41", "1.42"),
    ("timeout", "DOCKER_TIMEOUT", 5, "6"),
    ("tls", "DOCKER_TLS", True, "no"),
    ("validate_certs", "DOCKER_TLS_VERIFY", False, "yes"),
]


@pytest.mark.parametrize(("option", "variable", "value", "other"), GIVEN)
def test_an_option_goes_before_the_environment(
    option: str, variable: str, value: t.Any, other: str
) -> None:
    assert getattr(resolve({option: value}, {variable: other}), option) == value


@pytest.mark.parametrize(
    ("option", "variable", "text", "value"),
    [
        ("docker_host", "DOCKER_HOST", "tcp://b:2", "tcp://b:2"),
        ("tls_hostname", "DOCKER_TLS_HOSTNAME", "b", "b"),
        ("api_version", "DOCKER_API_VERSION", "1.42", "1.42"),
        ("timeout", "DOCKER_TIMEOUT", "6", 6),
        ("tls", "DOCKER_TLS", "1", True),
        ("validate_certs", "DOCKER_TLS_VERIFY", "0", False),
    ],
)
def test_the_environment_goes_before_the_default(
    option: str, variable: str, text: str, value: t.Any
) -> None:
    assert getattr(resolve({option: None}, {variable: text}), option) == value


@pytest.mark.parametrize(("option", "variable", "_value", "_other"), GIVEN)
def test_an_empty_variable_counts_as_unset(
    option: str, variable: str, _value: t.Any, _other: str
) -> None:
    assert getattr(resolve({}, {variable: ""}), option) == getattr(DockerOptions(), option)


def test_the_certificate_directory_gives_all_three_files() -> None:
    resolved = resolve({}, {"DOCKER_CERT_PATH": "/certs"})
    assert resolved.ca_path == "/certs/ca.pem"
    assert resolved.client_cert == "/certs/cert.pem"
    assert resolved.client_key == "/certs/key.pem"


def test_a_certificate_option_goes_before_the_directory() -> None:
    assert resolve({"ca_path": "/ca"}, {"DOCKER_CERT_PATH": "/certs"}).ca_path == "/ca"


@pytest.mark.parametrize("word", ["yes", "True", "ON", "1", "t", "y", True, 1])
def test_words_for_true(word: t.Any) -> None:
    assert resolve({"tls": word}, {}).tls is True


@pytest.mark.parametrize("word", ["no", "False", "OFF", "0", "f", "n", False, 0])
def test_words_for_false(word: t.Any) -> None:
    assert resolve({"validate_certs": word}, {}).validate_certs is False


def test_another_word_is_an_error_and_no_guess() -> None:
    with pytest.raises(InputError, match="DOCKER_TLS_VERIFY is 'nein', which is neither true"):
        resolve({}, {"DOCKER_TLS_VERIFY": "nein"})
    with pytest.raises(InputError, match="tls is 'maybe', which is neither true"):
        resolve({"tls": "maybe"}, {})


@pytest.mark.parametrize("value", ["soon", "0", -1, "1.5"])
def test_a_timeout_is_a_positive_whole_number(value: t.Any) -> None:
    with pytest.raises(InputError, match="must be a whole number of at least 1"):
        resolve({"timeout": value}, {})


@pytest.mark.parametrize("option", ["client_cert", "client_key"])
def test_certificate_and_key_come_together(option: str) -> None:
    with pytest.raises(InputError, match="Only one of client_cert and client_key"):
        resolve({option: "/a"}, {})


def test_without_options_an_engine_is_reached_as_resolved_from_nothing() -> None:
    assert DockerOptions() == resolve({}, {})


@pytest.mark.parametrize("word", ["yes", "no"])
def test_the_ssh_program_is_chosen_by_option_only(word: str) -> None:
    environ = {"DOCKER_USE_SSH_CLIENT": "1", "None": "1"}
    assert resolve({"use_ssh_client": word}, environ).use_ssh_client is (word == "yes")
    assert resolve({}, environ).use_ssh_client is False


def test_certificate_options() -> None:
    resolved = resolve({"ca_path": "/a", "client_cert": "/b", "client_key": "/c"}, {})
    assert (resolved.ca_path, resolved.client_cert, resolved.client_key) == ("/a", "/b", "/c")


def test_an_empty_option_counts_as_unset() -> None:
    resolved = resolve({"docker_host": "", "ca_path": ""}, {"DOCKER_HOST": "tcp://b:2"})
    assert (resolved.docker_host, resolved.ca_path) == ("tcp://b:2", None)
