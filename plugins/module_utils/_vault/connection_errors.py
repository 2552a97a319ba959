# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says why there was no answer from Vault, and what to try."""

from __future__ import annotations

import contextlib
import socket
import ssl
import typing as t

from .._common.errors import SourceError, SwarmVaultError
from .errors import VaultUnreachableError, WrongAddressError

with contextlib.suppress(ImportError):  # transport.py says so, with the remedy
    from requests import exceptions as failures
    from urllib3 import exceptions as urllib3_failures
    from urllib3.connection import CertificateError  # type: ignore[attr-defined]  # see deadline

if t.TYPE_CHECKING:
    from .options import VaultOptions

# X509_V_ERR_* of OpenSSL (include/openssl/x509_vfy.h).
_CERTIFICATE_TIME = frozenset((9, 10))
_CERTIFICATE_NAME = frozenset((62, 64))
_NAME_REMEDY = (
    "Use a name in vault_url that stands in the certificate. Where that is not possible, set"
    " vault_tls_server_name to one that does."
)


def explain(error: Exception, options: VaultOptions, seconds: float) -> SwarmVaultError:
    """Turn an exception of ``requests`` into a domain error.

    Nothing of the exception's own text is used: its words are about Python, not about Vault.

    :param error: what ``requests`` raised.
    :param options: the connection, for its names; no credential is shown.
    :param seconds: how long the answer was waited for.
    """
    causes = list(_causes(error))
    certificate = _first(causes, ssl.SSLCertVerificationError)
    if certificate is not None:
        return _certificate(certificate, options)
    if _first(causes, CertificateError) is not None:
        return VaultUnreachableError(
            f"The certificate of Vault at {options.url} is not trusted: hostname mismatch.",
            _NAME_REMEDY,
            permanent=True,
        )
    if isinstance(error, failures.SSLError):
        return _tls(_first(causes, ssl.SSLError), options)
    # A schema that requests does not know is one of a proxy: that of the URL has been checked.
    if isinstance(error, (failures.ProxyError, failures.InvalidProxyURL, failures.InvalidSchema)):
        return VaultUnreachableError(
            f"The proxy in front of Vault at {options.url} cannot be used.",
            "Check vault_proxies and the proxy variables of the environment; a SOCKS proxy needs"
            " the Python library PySocks.",
        )
    if any(_is_timeout(cause) for cause in causes):
        return VaultUnreachableError(
            f"Vault at {options.url} did not answer within {seconds:g} s.",
            "Check the network and the load of Vault, or raise vault_timeout.",
        )
    if isinstance(error, failures.TooManyRedirects):
        return WrongAddressError(
            f"Vault at {options.url} redirects to an address that is not followed.",
            "Set vault_url to the address of the active node or its load balancer.",
        )
    if isinstance(error, (failures.ConnectionError, failures.ChunkedEncodingError)):
        return VaultUnreachableError(
            f"Vault at {options.url} cannot be reached: {_reason(causes)}.",
            "Check vault_url, that Vault runs, and the firewalls between this host and Vault."
            if options.socket is None
            else "Check vault_url, that what listens on this socket runs, and that the user who"
            " runs the task may write to it.",
        )
    return SourceError(f"The request to Vault at {options.url} failed: {type(error).__name__}.")


def _certificate(error: ssl.SSLCertVerificationError, options: VaultOptions) -> SwarmVaultError:
    if error.verify_code in _CERTIFICATE_NAME:
        remedy = _NAME_REMEDY
    elif error.verify_code in _CERTIFICATE_TIME:
        remedy = "Renew the certificate, or set the clock of this host right."
    elif options.ca_pem:
        remedy = "Check that the text in CACERT_BYTES holds the authority that signed it."
    elif options.ca_cert:
        remedy = f"Check that {options.ca_cert} (vault_ca_cert) holds the authority that signed it."
    else:
        remedy = "Set vault_ca_cert to the PEM file of the authority that signed it."
    reason = error.verify_message.rstrip(".")
    return VaultUnreachableError(
        f"The certificate of Vault at {options.url} is not trusted: {reason}.",
        remedy,
        permanent=True,
    )


def _tls(error: ssl.SSLError | None, options: VaultOptions) -> SwarmVaultError:
    reason = (error.reason if error else None) or "no reason given"
    message = f"No TLS connection to Vault at {options.url}: {reason}."
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return VaultUnreachableError(
            message, "Use http:// in vault_url if Vault has no TLS.", permanent=True
        )
    if "CERTIFICATE" in reason or "HANDSHAKE_FAILURE" in reason:
        return VaultUnreachableError(
            message,
            "Check vault_client_cert and vault_client_key: Vault may ask for them.",
            permanent=True,
        )
    return VaultUnreachableError(message)


def _is_timeout(cause: BaseException) -> bool:
    # In urllib3 1.x a refused connection is a kind of timeout.
    return isinstance(cause, urllib3_failures.TimeoutError) and not isinstance(
        cause, urllib3_failures.NewConnectionError
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
