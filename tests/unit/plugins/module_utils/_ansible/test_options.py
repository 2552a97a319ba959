# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that users write stay: their names, their defaults, and what is kept from logs."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible_collections.swarmvault.secrets.plugins.doc_fragments import docker as docker_fragment
from ansible_collections.swarmvault.secrets.plugins.doc_fragments import vault as vault_fragment
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.docker_options import (
    DOCKER_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.rotate_options import (
    ROTATE_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.vault_options import (
    VAULT_ARGUMENTS,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.settings import variables

ENTRY = ROTATE_ARGUMENTS["secrets"]["options"]
SERVICE = ENTRY["services"]["options"]


def test_the_docker_options_are_those_of_community_docker() -> None:
    assert set(DOCKER_ARGUMENTS) == {
        "docker_host",
        "tls",
        "tls_hostname",
        "validate_certs",
        "ca_path",
        "client_cert",
        "client_key",
        "api_version",
        "timeout",
        "use_ssh_client",
    }


def test_the_vault_options_are_those_of_community_hashi_vault_behind_a_prefix() -> None:
    assert set(VAULT_ARGUMENTS) == {
        "vault_url",
        "vault_namespace",
        "vault_auth_method",
        "vault_token",
        "vault_token_path",
        "vault_token_file",
        "vault_role_id",
        "vault_secret_id",
        "vault_secret_id_wrapped",
        "vault_role",
        "vault_jwt",
        "vault_jwt_file",
        "vault_username",
        "vault_password",
        "vault_auth_mount",
        "vault_ca_cert",
        "vault_github_token",
        "vault_aws_profile",
        "vault_aws_access_key",
        "vault_aws_secret_key",
        "vault_aws_security_token",
        "vault_region",
        "vault_aws_iam_server_id",
        "vault_azure_tenant_id",
        "vault_azure_client_id",
        "vault_azure_client_secret",
        "vault_azure_resource",
        "vault_tls_server_name",
        "vault_client_cert",
        "vault_client_key",
        "vault_validate_certs",
        "vault_timeout",
        "vault_retries",
        "vault_proxies",
    }


@pytest.mark.parametrize(
    ("option", "default"),
    [
        ("secrets", []),
        ("discover", False),
        ("discover_paths", None),
        ("state", "present"),
        ("keep_versions", 2),
        ("wait", True),
        ("wait_timeout", 300),
        ("max_parallel", 4),
        ("on_failure", "rollback"),
        ("on_source_error", "fail"),
        ("force", False),
        ("hash_key", None),
    ],
)
def test_an_option_has_its_default(option: str, default: object) -> None:
    assert ROTATE_ARGUMENTS[option].get("default") == default


@pytest.mark.parametrize(
    ("option", "choices"),
    [
        ("state", {"present", "rolled_back", "absent"}),
        ("on_failure", {"rollback", "rollback_all", "pause", "continue"}),
        ("on_source_error", {"fail", "keep"}),
    ],
)
def test_an_option_has_its_choices(option: str, choices: set[str]) -> None:
    assert set(ROTATE_ARGUMENTS[option]["choices"]) == choices


def test_an_entry_tells_name_source_labels_and_services() -> None:
    source = {"path", "field", "mount", "engine", "version", "format", "params", "renew_before"}
    own = {"name", "data", "data_is_b64", "driver", "adopt", "from_version", "labels", "services"}
    assert set(ENTRY) == own | {f"vault_{name}" for name in source}
    assert set(SERVICE) == {"name", "target", "uid", "gid", "mode"}


def test_a_source_is_read_from_kv2_at_secret_unless_told_otherwise() -> None:
    assert ENTRY["vault_mount"]["default"] == "secret"
    assert ENTRY["vault_engine"]["default"] == "kv2"
    assert ENTRY["vault_format"]["default"] == "plain"


@pytest.mark.parametrize(
    "argument",
    [
        ENTRY["data"],
        ROTATE_ARGUMENTS["hash_key"],
        VAULT_ARGUMENTS["vault_token"],
        VAULT_ARGUMENTS["vault_secret_id"],
        VAULT_ARGUMENTS["vault_password"],
        VAULT_ARGUMENTS["vault_jwt"],
        VAULT_ARGUMENTS["vault_github_token"],
        VAULT_ARGUMENTS["vault_aws_secret_key"],
        VAULT_ARGUMENTS["vault_aws_security_token"],
        VAULT_ARGUMENTS["vault_azure_client_secret"],
        VAULT_ARGUMENTS["vault_proxies"],
    ],
)
def test_ansible_keeps_what_is_secret_from_its_output(argument: dict[str, t.Any]) -> None:
    assert argument["no_log"] is True


@pytest.mark.parametrize("arguments", [DOCKER_ARGUMENTS, VAULT_ARGUMENTS])
def test_the_adapters_alone_know_defaults_and_environment(
    arguments: dict[str, dict[str, t.Any]],
) -> None:
    """A default here would hide the environment variable that comes before it."""
    given = {key for argument in arguments.values() for key in argument}
    assert given <= {"type", "elements", "aliases", "choices", "no_log"}


def _documented(fragment: t.Any) -> dict[str, str]:
    options = yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"]
    return {name: " ".join(option["description"]) for name, option in options.items()}


@pytest.mark.parametrize("option", sorted(VAULT_ARGUMENTS))
def test_every_variable_that_stands_in_for_a_vault_option_is_documented_in_order(
    option: str,
) -> None:
    text = _documented(vault_fragment)[option]
    places = [text.find(f"E({name})") for name in variables(option.removeprefix("vault_"))]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        ("docker_host", "DOCKER_HOST"),
        ("tls", "DOCKER_TLS"),
        ("tls_hostname", "DOCKER_TLS_HOSTNAME"),
        ("validate_certs", "DOCKER_TLS_VERIFY"),
        ("ca_path", "DOCKER_CERT_PATH"),
        ("client_cert", "DOCKER_CERT_PATH"),
        ("client_key", "DOCKER_CERT_PATH"),
        ("api_version", "DOCKER_API_VERSION"),
        ("timeout", "DOCKER_TIMEOUT"),
    ],
)
def test_every_variable_that_stands_in_for_a_docker_option_is_documented(
    option: str, variable: str
) -> None:
    assert f"E({variable})" in _documented(docker_fragment)[option]
