# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach Vault or OpenBao and how to log in: data only, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._common.secret_value import SecretValue

DEFAULT_AUTH_METHOD = "token"
DEFAULT_TIMEOUT = 30.0
DEFAULT_RETRIES = 3


@dataclass(frozen=True)
class VaultOptions:
    """One connection, with every fallback already applied (see ``resolve``).

    :param url: address without a slash at its end; may carry a path prefix of a reverse proxy.
    :param other_urls: further addresses of the same Vault, to be tried in this order.
    :param namespace: namespace, without slashes at its ends.
    :param auth_method: name of a method in ``auth.registry``.
    :param auth_mount: where the method is mounted; None: its usual place.
    :param token: token for method ``token``.
    :param role_id: role ID for ``approle``.
    :param secret_id: secret ID for ``approle``; a role may do without.
    :param secret_id_wrapped: what stands there is a token that unwraps to the secret ID.
    :param role: role for ``jwt``, ``kubernetes`` and ``cert``.
    :param jwt: signed token for ``jwt`` and ``kubernetes``.
    :param jwt_file: file of that token, which is read at each login; never set beside ``jwt``.
    :param username: user for ``userpass`` and ``ldap``.
    :param password: password for ``userpass`` and ``ldap``.
    :param ca_cert: file or folder of the authorities to trust; None: those of ``requests``.
    :param client_cert: file of the certificate to show, with its key where that is in it.
    :param client_key: file of the certificate's key.
    :param validate_certs: whether the server has to prove who it is.
    :param timeout: seconds that one request may take, its retries and waits included.
    :param retries: how often a request is tried again; 0 never.
    :param proxies: proxy by scheme; None: those of the environment.
    """

    url: str
    other_urls: tuple[str, ...] = ()
    namespace: str | None = None
    auth_method: str = DEFAULT_AUTH_METHOD
    auth_mount: str | None = None
    token: SecretValue | None = None
    role_id: str | None = None
    secret_id: SecretValue | None = None
    secret_id_wrapped: bool = False
    role: str | None = None
    jwt: SecretValue | None = None
    jwt_file: str | None = None
    username: str | None = None
    password: SecretValue | None = None
    ca_cert: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    validate_certs: bool = True
    timeout: float = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES
    # A proxy's address can carry a password.
    proxies: t.Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where Vault is, for messages: every address."""
        return ", ".join((self.url, *self.other_urls))

    def at_each_address(self) -> list[VaultOptions]:
        """Return what these options are for each of the addresses alone."""
        return [replace(self, url=url, other_urls=()) for url in (self.url, *self.other_urls)]
