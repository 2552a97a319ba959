# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach an engine: the options of community.docker, resolved to one value each.

The source of names, defaults and environment variables is community.docker's ``docker``
documentation fragment. Two things differ on purpose: certificates are validated unless told
otherwise, and a value that is not what it should be is an error instead of a guess.
"""

from __future__ import annotations

import posixpath
import typing as t
from dataclasses import dataclass

from .._common import errors, settings

DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock"
DEFAULT_TIMEOUT = 60
AUTO = "auto"

_VARIABLES = {
    "docker_host": ("DOCKER_HOST",),
    "tls": ("DOCKER_TLS",),
    "tls_hostname": ("DOCKER_TLS_HOSTNAME",),
    "validate_certs": ("DOCKER_TLS_VERIFY",),
    "api_version": ("DOCKER_API_VERSION",),
    "timeout": ("DOCKER_TIMEOUT",),
}
# The folder of these files, each named as the Docker CLI does.
_CERTIFICATE_FOLDER = "DOCKER_CERT_PATH"
_CERTIFICATE_FILES = {"ca_path": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}


@dataclass(frozen=True)
class DockerOptions:
    """Where the engine is and how to talk to it.

    ``validate_certs`` asks for TLS as well, as in community.docker: an engine that listens on
    plain TCP needs it switched off, or a ``docker_host`` that starts with ``http://``.
    """

    docker_host: str = DEFAULT_DOCKER_HOST
    tls: bool = False
    tls_hostname: str | None = None
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    api_version: str = AUTO
    timeout: int = DEFAULT_TIMEOUT
    use_ssh_client: bool = False


def resolve(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> DockerOptions:
    """Give every option its value: the option itself, the environment, the default.

    :param options: options by name; a missing one and None mean "not given".
    :param environ: the environment, for the ``DOCKER_*`` fallbacks.
    :raises InputError: a value has the wrong form, or only one of certificate and key is there.
    """
    given = settings.Settings(options, environ, _VARIABLES)
    resolved = DockerOptions(
        docker_host=given.text("docker_host") or DEFAULT_DOCKER_HOST,
        tls=given.parsed("tls", settings.boolean, default=False),
        tls_hostname=given.text("tls_hostname"),
        validate_certs=given.parsed("validate_certs", settings.boolean, default=True),
        ca_path=_certificate(given, "ca_path"),
        client_cert=_certificate(given, "client_cert"),
        client_key=_certificate(given, "client_key"),
        api_version=given.text("api_version") or AUTO,
        timeout=given.parsed("timeout", _timeout, DEFAULT_TIMEOUT),
        use_ssh_client=given.parsed("use_ssh_client", settings.boolean, default=False),
    )
    if bool(resolved.client_cert) != bool(resolved.client_key):
        raise errors.InputError(
            "Only one of client_cert and client_key is set, but the engine needs both.",
            "Set the other one too, or neither.",
        )
    return resolved


def _certificate(given: settings.Settings, name: str) -> str | None:
    path, folder = given.text(name), given.variable(_CERTIFICATE_FOLDER)
    if path is not None or folder is None:
        return path
    return posixpath.join(folder.value, _CERTIFICATE_FILES[name])


def _timeout(value: t.Any, origin: str) -> int:
    return settings.whole_number(value, origin, least=1)
