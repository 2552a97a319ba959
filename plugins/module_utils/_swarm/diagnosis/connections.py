# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed connection means: an exception of the libraries -> domain error with a remedy.

docker-py, requests, urllib3, ssl and paramiko wrap each other's exceptions, so the chain is
searched for the one that says what happened.
"""

from __future__ import annotations

import errno
import socket
import typing as t

from ..._common import errors
from .. import settings
from . import tls

# urllib3's and http.client's names for an answer that was cut short.
_BROKEN = frozenset({"ProtocolError", "IncompleteRead", "ChunkedEncodingError"})


def connection_error(
    action: str, options: settings.DockerOptions, fault: BaseException
) -> errors.SwarmVaultError:
    """Build the error for a request that got no answer.

    :param action: what was being done, for instance ``GET /services``.
    :param fault: what the libraries raised. Nothing of it is kept: requests hangs the request,
        body included, onto its exceptions.
    """
    chain = list(_chain(fault))
    text = f"{action} at {options.docker_host} failed: "
    if "Not supported URL scheme" in str(fault):
        return errors.DependencyError(
            "The Docker SDK for Python is too old for the installed 'requests' library.",
            "Upgrade it: 'docker>=7.1.0' works with every 'requests'.",
        )
    for diagnose in (_ssh, _unix, _tls, _network, _lost):
        found = diagnose(options, chain)
        if found:
            reason, remedy, transient = found
            return errors.DockerError(f"{text}{reason}.", remedy, transient=transient)
    return errors.DockerError(f"{text}{_plain(chain)}.")


def _chain(fault: BaseException) -> t.Iterator[BaseException]:
    """Yield the exception and everything it was made from, outermost first, each once."""
    seen: list[BaseException] = []
    waiting: list[object] = [fault]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or any(current is other for other in seen):
            continue
        seen.append(current)
        yield current
        # urllib3 keeps its cause in "reason", requests and urllib3 hand causes on as arguments.
        waiting += [*current.args, getattr(current, "reason", None)]
        waiting += [current.__cause__, current.__context__]


def _unix(options: settings.DockerOptions, chain: tls.Chain) -> tls.Diagnosis:
    if not options.docker_host.startswith("unix:"):
        return None
    path = options.docker_host[len("unix://") :]
    for fault in chain:
        if isinstance(fault, FileNotFoundError):
            remedy = (
                "Start the Docker Engine on this host, or set docker_host (environment variable "
                "DOCKER_HOST) to where it listens."
            )
            return f"the socket {path} does not exist", remedy, False
        if isinstance(fault, PermissionError):
            remedy = (
                "Run as root (become: true) or as a user in the group that owns the socket, "
                "usually 'docker'."
            )
            return f"no permission to open the socket {path}", remedy, False
        if isinstance(fault, ConnectionRefusedError):
            return f"nothing is listening on the socket {path}", "Start the Docker Engine.", True
    return None


def _tls(_options: settings.DockerOptions, chain: tls.Chain) -> tls.Diagnosis:
    return tls.diagnose_tls(chain)


def _ssh(options: settings.DockerOptions, chain: tls.Chain) -> tls.Diagnosis:
    if not options.docker_host.startswith("ssh:"):
        return None
    if any(isinstance(fault, FileNotFoundError) for fault in chain) and options.use_ssh_client:
        remedy = "Install the OpenSSH client, or set use_ssh_client to false."
        return "the program 'ssh' was not found", remedy, False
    lost = any(isinstance(fault, (TimeoutError, ConnectionResetError)) for fault in chain)
    remedy = (
        "Check that 'ssh HOST docker system dial-stdio' works without asking for anything: "
        "the host's key is known, the user's key is accepted, the user may use docker."
    )
    return f"the connection over ssh failed ({_plain(chain)})", remedy, lost


def _network(options: settings.DockerOptions, chain: tls.Chain) -> tls.Diagnosis:
    for fault in chain:
        if isinstance(fault, socket.gaierror):
            return "the host name cannot be resolved", "Check docker_host.", False
        if isinstance(fault, ConnectionRefusedError):
            remedy = "Check docker_host, and that the engine is running and listens there."
            return "connection refused", remedy, True
        if isinstance(fault, (TimeoutError, socket.timeout)) or "timed out" in str(fault).lower():
            remedy = f"If the engine is only slow, raise timeout (now {options.timeout} s)."
            return "no answer in time", remedy, True
        unreachable = (errno.EHOSTUNREACH, errno.ENETUNREACH)
        if isinstance(fault, OSError) and fault.errno in unreachable:
            return "the host cannot be reached", "Check docker_host and the network.", True
    return None


def _lost(options: settings.DockerOptions, chain: tls.Chain) -> tls.Diagnosis:
    """Recognise an open connection that broke: the request may have been carried out, or not."""
    broken = tls.is_ended(chain) or any(
        isinstance(fault, ConnectionError) or type(fault).__name__ in _BROKEN for fault in chain
    )
    if not broken:
        return None
    remedy = ""
    if options.docker_host.startswith(("tcp:", "https:")):
        # With TLS 1.3 a client learns of its certificate's refusal only after its first request,
        # and then sometimes sees nothing but the end of the connection.
        remedy = (
            "If it happens every time, the engine may not accept this client: check client_cert "
            "and client_key."
        )
    return f"the connection was lost ({_plain(chain)})", remedy, True


def _plain(chain: tls.Chain) -> str:
    """Return the innermost exception's words, on one line."""
    words = [" ".join(str(fault).split()) for fault in chain if str(fault)]
    return words[-1].rstrip(".") if words else type(chain[0]).__name__
