# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine would ignore, or cannot have, is told by the source alone."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import VaultSource
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source_check import (
    mount_of,
    source_problems,
)

ISSUE = VaultSource("pki/issue/web", "certificate", engine="pki", params='{"common_name": "x"}')
SIGN = dataclasses.replace(ISSUE, path="pki/sign/web")
DER = dataclasses.replace(ISSUE, params='{"format": "der"}', format="base64")
READ = VaultSource("database/creds/x", "password", engine="read")
KV1 = VaultSource("x", engine="kv1", mount="old/kv")


def problems(source: VaultSource, **other: object) -> list[str]:
    return list(source_problems(dataclasses.replace(source, **other)))


@pytest.mark.parametrize(
    "source",
    [
        VaultSource("x"),
        VaultSource("x", "y", mount="team/kv", version=1, format="json"),
        VaultSource("x", format="base64"),
        KV1,
        READ,
        ISSUE,
        SIGN,
        DER,
        dataclasses.replace(DER, field="private_key"),
        dataclasses.replace(ISSUE, field=None, format="json"),
        dataclasses.replace(ISSUE, field="fullchain"),
        dataclasses.replace(ISSUE, path="pki/issuer/old/issue/web", field="private_key"),
    ],
)
def test_what_makes_sense_is_fine(source: VaultSource) -> None:
    assert problems(source) == []


@pytest.mark.case("V10")
@pytest.mark.parametrize("source", [KV1, READ, ISSUE])
def test_a_version_is_for_the_engine_that_has_versions(source: VaultSource) -> None:
    (problem,) = problems(source, version=3)
    assert problem == (
        f"vault_version goes with vault_engine kv2, not with {source.engine}, which has no versions"
    )


@pytest.mark.parametrize("version", [0, -1])
def test_versions_count_from_one(version: int) -> None:
    assert problems(VaultSource("x"), version=version) == [
        f"vault_version is {version}, but versions count from 1"
    ]


@pytest.mark.case("V10")
@pytest.mark.parametrize("source", [VaultSource("x"), KV1, READ])
def test_parameters_are_for_certificates(source: VaultSource) -> None:
    (problem,) = problems(source, params='{"ttl": "1h"}')
    assert problem == f"vault_params goes with vault_engine pki, not with {source.engine}"


@pytest.mark.case("V10")
@pytest.mark.parametrize("source", [READ, ISSUE])
def test_a_mount_is_the_beginning_of_a_whole_path(source: VaultSource) -> None:
    (problem,) = problems(source, mount="team")
    assert f"with {source.engine} the mount is the beginning of vault_path" in problem
    assert f"team/{source.path}" in problem


@pytest.mark.parametrize(
    ("engine", "mount", "path", "expected"),
    [
        ("kv2", "/team/kv/", "x", "team/kv"),
        ("kv2", "", "x", "secret"),
        ("kv2", "x", "x/y", "x"),
        ("read", "", "x", "secret"),
        ("read", "/database/", "database/creds/x", "secret"),
        ("read", "data", "database/creds/x", "data"),
        ("pki", "pki", "pki/issue/web", "secret"),
    ],
)
def test_one_mount_has_one_spelling(engine: str, mount: str, path: str, expected: str) -> None:
    assert mount_of(engine, mount, path) == expected


@pytest.mark.case("V11")
@pytest.mark.parametrize("field", ["certifcate", "cert", "", "private_key "])
def test_a_field_that_no_certificate_has_is_told_with_those_that_it_has(field: str) -> None:
    (problem,) = problems(ISSUE, field=field)
    assert problem == (
        f"a certificate has no field {field!r} at this path, it has certificate, private_key,"
        " private_key_type, issuing_ca, ca_chain, fullchain, serial_number, not_before,"
        " expiration"
    )


@pytest.mark.case("V11")
@pytest.mark.parametrize("path", ["pki/sign/web", "pki/sign-verbatim/web"])
def test_who_signs_does_not_give_a_key(path: str) -> None:
    (problem,) = problems(ISSUE, path=path, field="private_key")
    assert "has no field 'private_key' at this path, it has certificate, issuing_ca" in problem


@pytest.mark.case("V11")
@pytest.mark.parametrize("value_format", ["plain", "base64"])
def test_a_certificate_has_many_fields_so_that_one_must_be_named(value_format: str) -> None:
    (problem,) = problems(ISSUE, field=None, format=value_format)
    assert problem.startswith("vault_field is missing, it must be one of certificate, ")


@pytest.mark.case("V11")
def test_base64_is_of_what_is_asked_for_as_der() -> None:
    (problem,) = problems(ISSUE, format="base64")
    assert "vault_format base64 does not suit certificate" in problem
    (problem,) = problems(DER, field="serial_number")
    assert "vault_format base64 does not suit serial_number" in problem
    (problem,) = problems(DER, field="fullchain", format="plain")
    assert problem == "fullchain is PEM, which vault_params with format der does not give"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (VaultSource("x", engine="kv3"), "vault_engine 'kv3' is not known, it must be one of kv2"),
        (VaultSource("x", format="yaml"), "vault_format 'yaml' is not known, it must be one of"),
    ],
)
def test_unknown_words_are_told(source: VaultSource, problem: str) -> None:
    (found,) = problems(source)
    assert found.startswith(problem)
