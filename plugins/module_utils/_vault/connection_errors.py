# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says why there was no answer from Vault, and what to try."""

from __future__ import annotations

import socket
import ssl
import typing as t

from .._common.errors import InputError, SourceError, SwarmVaultError
from .errors import VaultUnreachableError

try:
    from requests import exceptions as failures
except ImportError:
    failures = None  # type: ignore[assignment]  # transport.py says so, with the remedy

if t.TYPE_CHECKING:
    from .options import VaultOptions

# X509_V_ERR_* of OpenSSL (include/openssl/x509_vfy.h).
_CERTIFICATE_TIME = frozenset((9, 10))
_CERTIFICATE_NAME = frozenset((62, 64))
# What OpenSSL says of files that are no PEM files, or a key of another certificate.
_UNUSABLE_FILES = frozenset(("NO_CERTIFICATE_OR_CRL_FOUND", "KEY_VALUES_MISMATCH", "PEM_LIB"))


def explain(error: Exception, options: VaultOptions) -> SwarmVaultError:
    """Turn an exception of ``requests`` into a domain error.

    Nothing of the exception's own text is used: its words are about Python, not about Vault.

    :param error: what ``requests`` raised.
    :param options: the connection, for its names; no credential is shown.
    """
    causes = list(_causes(error))
    certificate = _first(causes, ssl.SSLCertVerificationError)
    if certificate is not None:
        return _certificate(certificate, options)
    if isinstance(error, failures.SSLError):
        return _tls(_first(causes, ssl.SSLError), options)
    if isinstance(error, failures.ProxyError):
        return VaultUnreachableError(
            f"The proxy in front of Vault at {options.url} cannot be used.",
            "Check vault_proxies and the proxy variables of the environment.",
        )
    if isinstance(error, failures.Timeout):
        return VaultUnreachableError(
            f"Vault at {options.url} did not answer within {options.timeout:g} s.",
            "Check the network and the load of Vault, or raise vault_timeout.",
        )
    if isinstance(error, (failures.InvalidSchema, failures.TooManyRedirects)):
        return SourceError(
            f"Vault at {options.url} redirects to an address that is not followed.",
            "Set vault_url to the address of the active node or its load balancer.",
        )
    if isinstance(error, failures.ConnectionError):
        return VaultUnreachableError(
            f"Vault at {options.url} cannot be reached: {_reason(causes)}.",
            "Check vault_url, that Vault runs, and the firewalls between this host and Vault.",
        )
    return SourceError(f"The request to Vault at {options.url} failed: {type(error).__name__}.")


def _certificate(error: ssl.SSLCertVerificationError, options: VaultOptions) -> SwarmVaultError:
    if error.verify_code in _CERTIFICATE_NAME:
        remedy = "Use a name in vault_url that stands in the certificate."
    elif error.verify_code in _CERTIFICATE_TIME:
        remedy = "Renew the certificate, or set the clock of this host right."
    elif options.ca_cert:
        remedy = f"Check that {options.ca_cert} (vault_ca_cert) holds the authority that signed it."
    else:
        remedy = "Set vault_ca_cert to the PEM file of the authority that signed it."
    return VaultUnreachableError(
        f"The certificate of Vault at {options.url} is not trusted: {error.verify_message}", remedy
    )


def _tls(error: ssl.SSLError | None, options: VaultOptions) -> SwarmVaultError:
    reason = (error.reason if error else None) or "no reason given"
    message = f"No TLS connection to Vault at {options.url}: {reason}."
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return VaultUnreachableError(message, "Use http:// in vault_url if Vault has no TLS.")
    if reason in _UNUSABLE_FILES:
        return _unusable_files(options)
    if "CERTIFICATE" in reason or "HANDSHAKE_FAILURE" in reason:
        return VaultUnreachableError(
            message, "Check vault_client_cert and vault_client_key: Vault may ask for them."
        )
    return VaultUnreachableError(message)


def _unusable_files(options: VaultOptions) -> InputError:
    """Return the error for certificate files that OpenSSL cannot load."""
    names = ("ca_cert", "client_cert", "client_key")
    files = ", ".join(
        f"vault_{name} {getattr(options, name)}" for name in names if getattr(options, name)
    )
    return InputError(
        f"A certificate or key cannot be loaded: {files}.",
        "Check that each is a PEM file, and that the key belongs to the certificate.",
    )


def _reason(causes: list[BaseException]) -> str:
    """Name the error of the operating system that is behind it all."""
    unknown = _first(causes, socket.gaierror)
    if unknown is not None:
        return "its name is not known"
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    return "the connection broke off"


_Cause = t.TypeVar("_Cause", bound=BaseException)


def _first(causes: list[BaseException], kind: type[_Cause]) -> _Cause | None:
    return next((cause for cause in causes if isinstance(cause, kind)), None)


def _causes(error: BaseException) -> t.Iterator[BaseException]:
    """Walk an exception and all that is behind it.

    ``requests`` and ``urllib3`` keep the cause as argument, as ``reason`` or as context.
    """
    waiting: list[t.Any] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [*current.args, getattr(current, "reason", None)]
        waiting += [current.__cause__, current.__context__]
