# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority for each bed and each OpenBao, and what it signs."""

from __future__ import annotations

import collections.abc as c
import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = dt.timedelta(days=30)
PEM = serialization.Encoding.PEM
CLEAR = serialization.NoEncryption()
BOTH_SIDES = x509.ExtendedKeyUsage(
    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
)
ONLY_SIGNS = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """Signs server and client certificates. Its own key is never written to disk."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"{name} testbed CA")
        public = self._key.public_key()
        identifier = x509.SubjectKeyIdentifier.from_public_key(public)
        certificate = (
            _builder(self._name, self._name, public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(ONLY_SIGNS, critical=True)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.pem: bytes = certificate.public_bytes(PEM)

    def issue(self, common_name: str, addresses: c.Sequence[str] = ()) -> tuple[bytes, bytes]:
        """Make a certificate and its key for a server at these names and addresses, or a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _builder(_name(common_name), self._name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(BOTH_SIDES, critical=False)
            .add_extension(issuer, critical=False)
        )
        if addresses:
            names = x509.SubjectAlternativeName([_alternative(address) for address in addresses])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, CLEAR)
        return certificate.public_bytes(PEM), private

    def issue_to(self, directory: Path, name: str, addresses: c.Sequence[str] = ()) -> None:
        """Write ca.pem, cert.pem and key.pem, the names that Docker's own clients look for."""
        certificate, key = self.issue(name, addresses)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(directory / "ca.pem", self.pem)
        write_private(directory / "cert.pem", certificate)
        write_private(directory / "key.pem", key)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody else can read, not even between its making and a chmod."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(content)


def ssh_key_pair(comment: str) -> tuple[bytes, bytes]:
    """Make a private key in OpenSSH's format and its public line."""
    key = ed25519.Ed25519PrivateKey.generate()
    openssh = serialization.Encoding.OpenSSH
    public = key.public_key().public_bytes(openssh, serialization.PublicFormat.OpenSSH)
    private = key.private_bytes(PEM, serialization.PrivateFormat.OpenSSH, CLEAR)
    return private, public + f" {comment}\n".encode()


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + VALID)
    )


def _alternative(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)
