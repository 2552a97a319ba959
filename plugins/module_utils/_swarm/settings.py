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

from .._common.errors import InputError

DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock"
DEFAULT_TIMEOUT = 60
AUTO = "auto"

# What Ansible takes for a boolean, so that DOCKER_TLS=yes means the same here and there.
_TRUE = frozenset({"y", "yes", "on", "1", "true", "t"})
_FALSE = frozenset({"n", "no", "off", "0", "false", "f"})


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

    An empty environment variable counts as unset, as the Docker CLI has it.

    :param options: options by name; a missing one and None mean "not given".
    :param environ: the environment, for the ``DOCKER_*`` fallbacks.
    :raises InputError: a value has the wrong form, or only one of certificate and key is there.
    """
    given = _Lookup(options, environ)
    resolved = DockerOptions(
        docker_host=given.text("docker_host", "DOCKER_HOST") or DEFAULT_DOCKER_HOST,
        tls=given.flag("tls", "DOCKER_TLS", default=False),
        tls_hostname=given.text("tls_hostname", "DOCKER_TLS_HOSTNAME"),
        validate_certs=given.flag("validate_certs", "DOCKER_TLS_VERIFY", default=True),
        ca_path=given.certificate("ca_path", "ca.pem"),
        client_cert=given.certificate("client_cert", "cert.pem"),
        client_key=given.certificate("client_key", "key.pem"),
        api_version=given.text("api_version", "DOCKER_API_VERSION") or AUTO,
        timeout=given.seconds("timeout", "DOCKER_TIMEOUT", DEFAULT_TIMEOUT),
        use_ssh_client=given.flag("use_ssh_client", None, default=False),
    )
    if bool(resolved.client_cert) != bool(resolved.client_key):
        raise InputError(
            "Only one of client_cert and client_key is set, but the engine needs both.",
            "Set the other one too, or neither.",
        )
    return resolved


class _Lookup:
    """Finds one option's value and checks its form."""

    def __init__(self, options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> None:
        self._options = options
        self._environ = environ

    def _find(self, name: str, variable: str | None) -> tuple[t.Any, str]:
        """Return the value, or None, and where it came from, for messages."""
        value = self._options.get(name)
        if value is not None:
            return value, f"option {name}"
        return (self._environ.get(variable) or None) if variable else None, str(variable)

    def text(self, name: str, variable: str) -> str | None:
        """Return a string, or None when it is not given."""
        value, _origin = self._find(name, variable)
        return None if value is None else str(value)

    def certificate(self, name: str, file_name: str) -> str | None:
        """Return a path: the option, or that file in the directory ``DOCKER_CERT_PATH``."""
        value = self._options.get(name)
        if value is not None:
            return str(value)
        directory = self._environ.get("DOCKER_CERT_PATH")
        return posixpath.join(directory, file_name) if directory else None

    def flag(self, name: str, variable: str | None, *, default: bool) -> bool:
        """Return a boolean.

        :raises InputError: the value is none of Ansible's words for true and false. Guessing
            could switch the validation of certificates off.
        """
        value, origin = self._find(name, variable)
        if value is None:
            return default
        word = str(value).strip().lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise InputError(f"The value {value!r} of {origin} is neither true nor false.")

    def seconds(self, name: str, variable: str, default: int) -> int:
        """Return a positive number of seconds.

        :raises InputError: the value is no positive whole number.
        """
        value, origin = self._find(name, variable)
        if value is None:
            return default
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = 0
        if number <= 0:
            raise InputError(f"The value {value!r} of {origin} is no positive number of seconds.")
        return number
