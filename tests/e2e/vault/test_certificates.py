# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of the real PKI engine, and the leases it can make of them."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.source import (
    SourceValue,
    VaultSource,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.e2e.vault.support import CANARY, Calls, problem, value_of, version_of

if t.TYPE_CHECKING:
    from ansible_collections.swarmvault.secrets.plugins.module_utils._vault.reader import (
        VaultReader,
    )

    from testbed import OpenBao
    from tests.e2e.vault.conftest import Open

PARAMS = '{"common_name": "shop.example.org", "ttl": "1h"}'


@pytest.fixture(scope="module", autouse=True)
def _pki(bao: OpenBao) -> t.Iterator[None]:
    """An authority below a root, so that there is a chain to speak of."""
    client = bao.client()
    client.sys.enable_secrets_engine("pki", path="root-ca")
    client.sys.enable_secrets_engine("pki", path="deep/pki")
    client.write("root-ca/root/generate/internal", common_name="Root", ttl="720h")
    asked = client.write("deep/pki/intermediate/generate/internal", common_name="Below")
    signed = client.write(
        "root-ca/root/sign-intermediate", csr=asked["data"]["csr"], format="pem_bundle", ttl="240h"
    )
    client.write("deep/pki/intermediate/set-signed", certificate=signed["data"]["certificate"])
    role = {"allowed_domains": "example.org", "allow_subdomains": True, "max_ttl": "48h"}
    client.write("deep/pki/roles/web", **role, key_type="ec", key_bits=256)
    client.write("deep/pki/roles/leased", **role, generate_lease=True)
    yield
    for path in ("deep/pki", "root-ca"):
        client.sys.disable_secrets_engine(path)


def certificate(field: str | None, role: str = "web", **more: t.Any) -> VaultSource:
    """Return a source at the PKI engine."""
    more.setdefault("params", PARAMS)
    return VaultSource(f"deep/pki/issue/{role}", field, engine="pki", **more)


def read(reader: VaultReader, *sources: VaultSource) -> list[SourceValue]:
    """Return what one call gives for sources that can be had."""
    found = reader.values({source: version_of(reader, source) for source in sources})
    values = [found[source] for source in sources]
    assert all(isinstance(value, SourceValue) for value in values), values
    return t.cast("list[SourceValue]", values)


def test_certificate_key_and_chain_come_from_one_request_and_belong_together(
    open_reader: Open,
) -> None:
    calls = Calls()
    names = ("certificate", "private_key", "ca_chain", "fullchain")

    values = read(open_reader(hook=calls), *[certificate(name) for name in names])

    # What is mounted there is looked at before anything is written.
    assert calls == ["GET sys/internal/ui/mounts/deep/pki/issue/web", "POST deep/pki/issue/web"]
    cert, key, chain, full = (value.value.reveal() for value in values)
    found = x509.load_pem_x509_certificate(cert)
    private = load_pem_private_key(key, None)
    assert private.public_key() == found.public_key()
    issuers = x509.load_pem_x509_certificates(chain)
    assert found.issuer == issuers[0].subject
    assert x509.load_pem_x509_certificates(full) == [found, *issuers]


def test_the_term_of_a_certificate_is_that_of_the_certificate(reader: VaultReader) -> None:
    (value,) = read(reader, certificate("certificate"))

    found = x509.load_pem_x509_certificate(value.value.reveal())
    assert value.validity is not None
    assert value.validity.expires == found.not_valid_after_utc
    assert value.validity.lease_id is None
    assert value.validity.serial is not None
    assert int(value.validity.serial.replace(":", ""), 16) == found.serial_number
    assert not reader.held_leases()


def test_other_parameters_are_another_certificate(open_reader: Open) -> None:
    calls = Calls()
    other = '{"common_name": "api.example.org"}'

    values = read(
        open_reader(hook=calls),
        certificate("certificate"),
        certificate("certificate", params=other),
    )

    assert calls.count("POST deep/pki/issue/web") == 2
    subjects = [
        x509.load_pem_x509_certificate(value.value.reveal()).subject.rfc4514_string()
        for value in values
    ]
    assert subjects == ["CN=shop.example.org", "CN=api.example.org"]


def test_a_leased_certificate_is_known_by_its_lease_until_that_is_revoked(
    bao: OpenBao, reader: VaultReader
) -> None:
    (value,) = read(reader, certificate("certificate", "leased"))
    assert value.validity is not None
    lease_id = value.validity.lease_id
    assert lease_id is not None
    assert lease_id.startswith("deep/pki/issue/leased/")
    assert reader.held_leases() == {lease_id}

    assert reader.revoke([lease_id]) == {lease_id: None}

    assert reader.held_leases() == frozenset()
    serial = (value.validity.serial or "").replace(":", "-")
    assert bao.client().read(f"deep/pki/cert/{serial}")["data"]["revocation_time"] > 0


def test_a_lease_that_has_ended_can_be_revoked_again(reader: VaultReader) -> None:
    (value,) = read(reader, certificate("certificate", "leased"))
    lease_id = value.validity.lease_id if value.validity else None
    assert lease_id is not None
    assert reader.revoke([lease_id]) == {lease_id: None}

    assert reader.revoke([lease_id]) == {lease_id: None}


def test_without_the_right_to_revoke_the_error_names_the_stanza(
    bao: OpenBao, open_reader: Open
) -> None:
    bao.policy("issue", 'path "deep/pki/issue/leased" { capabilities = ["update"] }')
    limited = open_reader(vault_token=bao.token(["issue"]))
    (value,) = read(limited, certificate("certificate", "leased"))
    lease_id = value.validity.lease_id if value.validity else None
    assert lease_id is not None

    error = limited.revoke([lease_id])[lease_id]

    assert 'path "sys/leases/revoke" { capabilities = ["update"] }' in str(error)
    assert limited.held_leases() == {lease_id}


def test_without_the_right_to_issue_the_error_names_the_stanza(
    bao: OpenBao, open_reader: Open
) -> None:
    bao.policy("look", 'path "deep/pki/*" { capabilities = ["read"] }')
    error = problem(open_reader(vault_token=bao.token(["look"])), certificate("certificate"))
    assert 'path "deep/pki/issue/web" { capabilities = ["update"] }' in str(error)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (certificate("certificate", params='{"common_name": "a.example.com"}'), "not allowed"),
        (certificate("certificate", params=""), "common_name"),
        (certificate("certificate", "nothing"), "unknown role"),
        (certificate("passphrase"), "private_key"),
    ],
)
def test_what_is_not_issued_says_why(reader: VaultReader, source: VaultSource, said: str) -> None:
    assert said in str(problem(reader, source))


@pytest.mark.parametrize("path", ["secret/data/x", "issue/web", "deep/pki/revoke", "pki"])
def test_nothing_is_written_to_a_path_that_issues_no_certificates(
    open_reader: Open, path: str
) -> None:
    calls = Calls()
    source = VaultSource(path, "x", engine="pki", params=f'{{"data": {{"x": "{CANARY}"}}}}')

    error = problem(open_reader(hook=calls), source)

    assert "such as pki/issue/web" in str(error)
    assert calls == []


def test_the_whole_answer_can_be_had_as_json(reader: VaultReader) -> None:
    text = value_of(reader, certificate(None, format="json")).decode()
    assert '"private_key"' in text
    assert '"fullchain"' in text
