# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed TLS connection means. Pure."""

from __future__ import annotations

import ssl
import typing as t

Chain = t.Sequence[BaseException]
"""An exception and all that it was made from, outermost first."""

Diagnosis = t.Optional[tuple[str, str, bool]]
"""What happened, what to try, whether it may pass; None: something else happened."""

# Python names OpenSSL's alerts: TLSV13_ALERT_CERTIFICATE_REQUIRED, SSLV3_ALERT_BAD_CERTIFICATE,
# TLSV1_ALERT_UNKNOWN_CA, SSLV3_ALERT_HANDSHAKE_FAILURE, ...
_CLIENT_REFUSED = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE")
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")


def diagnose_tls(chain: Chain) -> Diagnosis:
    """Tell what went wrong with TLS, None where it was not TLS that went wrong."""
    text = " ".join(str(fault) for fault in chain)
    for fault in chain:
        if isinstance(fault, ssl.SSLCertVerificationError):
            return _verification(fault.verify_message or str(fault))
    if "doesn't match" in text:  # said by urllib3, not by ssl
        return _verification(str(chain[-1]))
    errors = [fault for fault in chain if isinstance(fault, ssl.SSLError)]
    if not errors or is_ended(errors):
        return None
    if "ALERT" in text and any(word in text for word in _CLIENT_REFUSED):
        remedy = (
            "Set client_cert and client_key to a certificate that is signed by the engine's CA "
            "and not expired."
        )
        return "the engine refused the client certificate, or got none", remedy, False
    if any(word in text for word in _NO_TLS):
        remedy = (
            "The port speaks plain HTTP: use the engine's TLS port (usually 2376), or, on a "
            "network you trust, set both tls and validate_certs to false."
        )
        return "the answer was not TLS", remedy, False
    return f"TLS failed ({errors[-1]})", "", False


def is_ended(chain: Chain) -> bool:
    """Tell whether the other side ended a TLS connection without a word."""
    return any(isinstance(fault, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for fault in chain)


def _verification(reason: str) -> Diagnosis:
    if "ostname" in reason or "IP address" in reason or "match" in reason:
        remedy = (
            "Use a host name in docker_host that is in the certificate, or set tls_hostname to one "
            "that is."
        )
    else:
        remedy = "Set ca_path to the certificate of the CA that signed the engine's certificate."
    return f"the engine's certificate cannot be verified ({reason.rstrip('.')})", remedy, False
