# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says why there was no answer from Vault, and what to try."""

from __future__ import annotations

import contextlib
import socket
import ssl
import typing as t

from .._common import errors
from . import errors as vault_errors
from . import retries

with contextlib.suppress(ImportError):  # connection.py says so, with the remedy
    from requests import exceptions as failures
    from urllib3 import exceptions as urllib3_failures
    from urllib3.connection import CertificateError  # type: ignore[attr-defined]  # not in __all__

if t.TYPE_CHECKING:
    from . import exchange
    from . import options as vault_options

# X509_V_ERR_* of OpenSSL (include/openssl/x509_vfy.h).
_CERTIFICATE_TIME = frozenset((9, 10))
_CERTIFICATE_NAME = frozenset((62, 64))
_NAME_REMEDY = (
    "Use a name in vault_url that stands in the certificate. Where that is not possible, set"
    " vault_tls_server_name to one that does."
)


class Call(t.Protocol):
    """What was being asked."""

    @property
    def request(self) -> exchange.Request:
        """The request."""

    @property
    def seconds(self) -> float:
        """How long all of it may take."""


def explain(
    error: Exception, options: vault_options.VaultOptions, call: Call, *, sent: bool
) -> tuple[retries.Outcome, errors.SourceError]:
    """Say what an exception means for another try, and for the user.

    Nothing of the exception's own text is used: its words are about Python, not about Vault.

    :param error: what ``urllib3`` raised, or ``requests``, which makes ready what it is to carry.
    :param options: the connection, for its names; no credential is shown.
    :param sent: something of the request has left this host.
    """
    causes = list(_causes(error))
    if sent and not _is_unwelcome(causes):
        return _without_answer(causes, options, call)
    problem = _without_connection(error, causes, options, call.seconds)
    if getattr(problem, "permanent", False):
        return retries.Outcome.UNUSABLE, problem
    is_tls = isinstance(error, urllib3_failures.SSLError)
    return retries.Outcome.NO_TLS if is_tls else retries.Outcome.NOT_SENT, problem


def _without_answer(
    causes: list[BaseException], options: vault_options.VaultOptions, call: Call
) -> tuple[retries.Outcome, errors.SourceError]:
    url, request = options.url, call.request
    kept = "" if request.repeatable else f" It was not sent again, {_MAY_HAVE_EFFECT}."
    if any(_is_timeout(cause) for cause in causes):
        message = f"Vault at {url} did not answer within {call.seconds:g} s ({request}).{kept}"
        remedy = "Check the network and the load of Vault, or raise vault_timeout."
        return retries.Outcome.UNANSWERED, vault_errors.NoAnswerError(message, remedy)
    reason = _reason(causes)
    if request.repeatable:
        message = f"Vault at {url} cannot be reached: {reason}."
        return retries.Outcome.LOST, vault_errors.VaultUnreachableError(message, _remedy(options))
    return retries.Outcome.LOST, vault_errors.LostAnswerError(
        f"{request} was sent to Vault at {url}, but its answer was lost: {reason}.{kept}",
        "Look into the audit log of Vault for what came of it, then run this again.",
    )


_MAY_HAVE_EFFECT = "since it may have taken effect"


def _without_connection(
    error: Exception,
    causes: list[BaseException],
    options: vault_options.VaultOptions,
    seconds: float,
) -> errors.SourceError:
    certificate = _first(causes, ssl.SSLCertVerificationError)
    # One that Python itself compared the name for, as up to urllib3 1.26, has no code.
    if certificate is not None and hasattr(certificate, "verify_code"):
        return _certificate(certificate, options)
    if certificate is not None or _first(causes, CertificateError) is not None:
        return vault_errors.VaultUnreachableError(
            f"The certificate of Vault at {options.url} is not trusted: hostname mismatch.",
            _NAME_REMEDY,
            permanent=True,
        )
    if isinstance(error, urllib3_failures.SSLError):
        return _tls(_first(causes, ssl.SSLError), options)
    # A schema that requests does not know is one of a proxy: that of the URL has been checked.
    of_proxy = (urllib3_failures.ProxyError, urllib3_failures.ProxySchemeUnknown)
    if isinstance(error, (*of_proxy, failures.InvalidProxyURL, failures.InvalidSchema)):
        return vault_errors.VaultUnreachableError(
            f"The proxy in front of Vault at {options.url} cannot be used.",
            "Check vault_proxies and the proxy variables of the environment; a SOCKS proxy needs"
            " the Python library PySocks.",
        )
    if any(_is_timeout(cause) for cause in causes):
        return vault_errors.VaultUnreachableError(
            f"Vault at {options.url} did not answer within {seconds:g} s.",
            "Check the network and the load of Vault, or raise vault_timeout.",
        )
    # What urllib3 says of an address is a ValueError as well.
    if isinstance(error, urllib3_failures.HTTPError) and not isinstance(error, ValueError):
        return vault_errors.VaultUnreachableError(
            f"Vault at {options.url} cannot be reached: {_reason(causes)}.", _remedy(options)
        )
    return errors.SourceError(
        f"The request to Vault at {options.url} failed: {type(error).__name__}."
    )


def _is_unwelcome(causes: list[BaseException]) -> bool:
    """Whether the server ended the handshake of TLS 1.3 after we took it for done.

    It asks for another certificate, or for one at all, and has not read what we sent.
    """
    error = _first(causes, ssl.SSLError)
    return error is not None and _names_certificate(error.reason or "")


def _names_certificate(reason: str) -> bool:
    return "CERTIFICATE" in reason or "HANDSHAKE_FAILURE" in reason


def _remedy(options: vault_options.VaultOptions) -> str:
    if options.socket is None:
        return "Check vault_url, that Vault runs, and the firewalls between this host and Vault."
    return (
        "Check vault_url, that what listens on this socket runs, and that the user who runs the"
        " task may write to it."
    )


def _certificate(
    error: ssl.SSLCertVerificationError, options: vault_options.VaultOptions
) -> errors.SourceError:
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
    return vault_errors.VaultUnreachableError(
        f"The certificate of Vault at {options.url} is not trusted: {reason}.",
        remedy,
        permanent=True,
    )


def _tls(error: ssl.SSLError | None, options: vault_options.VaultOptions) -> errors.SourceError:
    reason = (error.reason if error else None) or "no reason given"
    message = f"No TLS connection to Vault at {options.url}: {reason}."
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return vault_errors.VaultUnreachableError(
            message, "Use http:// in vault_url if Vault has no TLS.", permanent=True
        )
    if _names_certificate(reason):
        return vault_errors.VaultUnreachableError(
            message,
            "Check vault_client_cert and vault_client_key: Vault may ask for them.",
            permanent=True,
        )
    # A connection that broke off meanwhile may be made later.
    broke_off = error is None or isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    return vault_errors.VaultUnreachableError(message, permanent=not broke_off)


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
