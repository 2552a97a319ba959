# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to an open connection, over a unix socket, TCP with TLS, or ssh.

docker-py does the transport work. What it is handed: https for tcp when TLS is wanted, the client
certificate, whom to trust.
"""

from __future__ import annotations

import platform
import sys

from .._common import errors
from . import docker_py, settings, transport

try:
    with docker_py.without_paramiko():
        from docker import APIClient
        from docker.constants import DEFAULT_DOCKER_API_VERSION
        from docker.errors import TLSParameterError
        from docker.tls import TLSConfig
        from requests.adapters import HTTPAdapter
except ImportError as error:
    MISSING: str | None = str(error)
else:
    MISSING = None

POOL_SIZE = 10
"""Connections that are kept; docker-py's own default."""


def open_transport(options: settings.DockerOptions) -> transport.Transport:
    """Connect and return the way to call the engine, reads repeated after passing faults.

    :raises DependencyError, InputError, DockerError: as :func:`connect`.
    """
    return transport.RetryingTransport(open_engine(options))


def open_engine(options: settings.DockerOptions) -> transport.EngineTransport:
    """Connect and return the way to call the engine as it is.

    :raises DependencyError, InputError, DockerError: as :func:`connect`.
    """
    return transport.EngineTransport(connect(options), options)


def connect(options: settings.DockerOptions) -> APIClient:
    """Return docker-py's client for the engine. Nothing is sent yet, only paramiko connects.

    :raises DependencyError: docker-py, or paramiko for ssh, is missing or does not fit.
    :raises InputError: ``docker_host`` or a certificate option cannot be right.
    :raises DockerError: ssh could not connect.
    """
    if MISSING is not None:
        raise _missing("docker", MISSING, "docker>=5.0.0")
    if options.docker_host.startswith("ssh://"):
        docker_py.load_ssh()
    failure: Exception
    try:
        return APIClient(
            base_url=_url(options),
            # Any fixed version keeps docker-py from asking the engine by itself, past our
            # transport. Which one does not matter: the transport writes the version into the URL.
            version=DEFAULT_DOCKER_API_VERSION,
            timeout=options.timeout,
            tls=_tls(options) or False,
            use_ssh_client=options.use_ssh_client,
        )
    except errors.InputError:
        raise
    except Exception as error:  # noqa: BLE001 - the libraries' errors have no common base
        failure = error
    raise _connection_failure(options, failure)


def _url(options: settings.DockerOptions) -> str:
    """Return what docker-py takes: with TLS, tcp is https."""
    if options.docker_host.startswith("tcp://") and _wants_tls(options):
        return options.docker_host.replace("tcp://", "https://", 1)
    return options.docker_host


def _wants_tls(options: settings.DockerOptions) -> bool:
    return options.tls or options.validate_certs


def _tls(options: settings.DockerOptions) -> TLSConfig | None:
    """Return docker-py's TLS settings, None where the connection has none.

    :raises InputError: a file is missing.
    """
    if not _url(options).startswith("https://"):
        return None
    certificate = None
    if options.client_cert and options.client_key:
        certificate = (options.client_cert, options.client_key)
    try:
        if options.validate_certs and options.tls_hostname:
            config = _named_tls(options.tls_hostname, certificate, options.ca_path)
        else:
            config = TLSConfig(
                client_cert=certificate,
                ca_cert=options.ca_path,
                verify=options.validate_certs,
            )
    except TLSParameterError as error:
        files = ", ".join(str(path) for path in (options.ca_path, *(certificate or ())) if path)
        raise errors.InputError(
            f"A certificate file for {options.docker_host} cannot be read: one of {files}.",
            "Check ca_path, client_cert and client_key (or DOCKER_CERT_PATH).",
        ) from error
    return config


def _named_tls(
    hostname: str, certificate: tuple[str, str] | None, ca_path: str | None
) -> TLSConfig:
    """Return TLS settings that expect another name in the certificate than the URL's.

    docker-py 7 dropped its own option for this, so the adapter is mounted here.
    """

    class NamedTLS(TLSConfig):
        def configure_client(self, client: APIClient) -> None:
            super().configure_client(client)
            adapter = HTTPAdapter()
            adapter.init_poolmanager(POOL_SIZE, POOL_SIZE, assert_hostname=hostname)
            client.mount("https://", adapter)

    return NamedTLS(client_cert=certificate, ca_cert=ca_path, verify=True)


def _connection_failure(options: settings.DockerOptions, failure: Exception) -> Exception:
    text = str(failure)
    if "Install paramiko" in text:
        # docker-py needs it for the ssh program too: it imports both transports as one.
        return _missing("paramiko", text, "paramiko")
    if "Invalid bind address" in text or "protocol is not implemented" in text:
        return errors.InputError(
            f"docker_host {options.docker_host!r} is not the address of an engine.",
            "Use one such as unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST.",
        )
    from .diagnosis import connections

    return connections.connection_error("Connecting", options, failure)


def _missing(library: str, reason: str, requirement: str) -> errors.DependencyError:
    return errors.DependencyError(
        f"The Python library '{library}' cannot be used by {sys.executable} on "
        f"{platform.node()}: {reason}.",
        f"Install it for that interpreter, for instance with "
        f"'{sys.executable} -m pip install \"{requirement}\"', or set ansible_python_interpreter "
        "to one that has it.",
    )
