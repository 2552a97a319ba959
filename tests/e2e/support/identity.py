# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who vouches for others towards Vault: an issuer of signed tokens, and a Kubernetes API."""

from __future__ import annotations

import base64
import contextlib
import json
import typing as t

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.e2e.vault.front import Front, Reply, always


class Signer:
    """Signs tokens as an identity provider does (ES256, RFC 7518)."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public = (
            self._key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    def sign(self, claims: dict[str, t.Any]) -> str:
        head = {"alg": "ES256", "typ": "JWT"}
        text = b".".join(self._encode(json.dumps(part).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._key.sign(text, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return b".".join((text, self._encode(signature))).decode()

    @staticmethod
    def _encode(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")


def service_account(name: str = "rotator", namespace: str = "shop") -> dict[str, t.Any]:
    """Return what the token of a service account says."""
    return {
        "iss": "kubernetes/serviceaccount",
        "kubernetes.io/serviceaccount/namespace": namespace,
        "kubernetes.io/serviceaccount/service-account.name": name,
        "kubernetes.io/serviceaccount/service-account.uid": "0815",
        "sub": f"system:serviceaccount:{namespace}:{name}",
    }


@contextlib.contextmanager
def kubernetes_api(name: str = "rotator", namespace: str = "shop") -> t.Iterator[str]:
    """Stand in for the Kubernetes API, which vouches for a service account; give its address."""
    user = {"username": f"system:serviceaccount:{namespace}:{name}", "uid": "0815"}
    review = {"status": {"authenticated": True, "user": user}}
    reply = Reply(201, json.dumps(review).encode(), {"Content-Type": "application/json"})
    with Front(always(reply)).running() as api:
        yield api.url
