# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach Vault or OpenBao and how to log in: data only, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from .._common import secret_value

DEFAULT_AUTH_METHOD = "token"
DEFAULT_TIMEOUT = 30.0
#: As long as a request may take for which no limit is set: who swallowed it answers no more.
LONGEST_TIMEOUT = 3600.0
#: What an address begins with that is the path of a socket.
UNIX = "unix://"


@dataclass(frozen=True)
class Retries:
    """How often a request is tried again, and when, in the words of ``urllib3.util.Retry``.

    :param total: how often in all; 0 never.
    :param connect: how often where no connection could be made; None: as often as in all.
    :param read: how often where a connection broke off; None: as often as in all.
    :param status: how often for the status of an answer; None: as often as in all.
    :param other: how often for other failures; None: as often as in all.
    :param status_forcelist: the statuses that are worth it; None: those of Vault that may pass.
    :param allowed_methods: the HTTP methods that are tried again after they were sent; None: all.
    :param backoff_factor: seconds of the first wait, which doubles with each try.
    :param backoff_max: seconds of the longest wait.
    :param backoff_jitter: up to so many seconds more, by chance; needs urllib3 2.
    :param respect_retry_after_header: wait as long as the server asks to.
    """

    total: int = 3
    connect: int | None = None
    read: int | None = None
    status: int | None = None
    other: int | None = None
    status_forcelist: frozenset[int] | None = None
    allowed_methods: frozenset[str] | None = None
    backoff_factor: float = 0.25
    backoff_max: float = 120.0
    backoff_jitter: float = 0.25
    respect_retry_after_header: bool = True


NO_RETRIES = Retries(0)


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
    :param role: role for ``jwt``, ``kubernetes``, ``cert`` and the clouds.
    :param jwt: signed token for ``jwt``, ``kubernetes``, ``azure`` and ``gcp``.
    :param jwt_file: file of that token, which is read at each login; never set beside ``jwt``.
    :param username: user for ``userpass``, ``ldap``, ``okta`` and ``radius``.
    :param password: password of the user.
    :param github_token: personal access token for ``github``.
    :param aws_profile: where boto3 looks for keys for ``aws_iam``, if there are none here.
    :param aws_access_key: key of AWS.
    :param aws_secret_key: what belongs to the key.
    :param aws_security_token: what belongs to a key that is good for a time only.
    :param region: region of AWS; None: that of hvac.
    :param aws_iam_server_id: header that Vault may want to be signed as well.
    :param azure_tenant_id: tenant of a service principal for ``azure``.
    :param azure_client_id: service principal, or one of several identities of this machine.
    :param azure_client_secret: secret of the service principal.
    :param azure_resource: what the token is for; None: the management of Azure.
    :param ca_cert: file or folder of the authorities to trust.
    :param ca_pem: the authorities themselves, never set beside ``ca_cert``; where there is
        neither, those of ``requests`` are trusted.
    :param tls_server_name: the name that the server's certificate has to be for; None: that of
        the address.
    :param client_cert: file of the certificate to show, with its key where that is in it.
    :param client_key: file of the certificate's key.
    :param validate_certs: whether the server has to prove who it is.
    :param timeout: seconds that one request may take, its retries and waits included.
    :param retries: how often a request is tried again.
    :param proxies: proxy by scheme; none where it is empty; None: those of the environment, except
        for what listens on this host.
    """

    url: str
    other_urls: tuple[str, ...] = ()
    namespace: str | None = None
    auth_method: str = DEFAULT_AUTH_METHOD
    auth_mount: str | None = None
    token: secret_value.SecretValue | None = None
    role_id: str | None = None
    secret_id: secret_value.SecretValue | None = None
    secret_id_wrapped: bool = False
    role: str | None = None
    jwt: secret_value.SecretValue | None = None
    jwt_file: str | None = None
    username: str | None = None
    password: secret_value.SecretValue | None = None
    github_token: secret_value.SecretValue | None = None
    aws_profile: str | None = None
    aws_access_key: str | None = None
    aws_secret_key: secret_value.SecretValue | None = None
    aws_security_token: secret_value.SecretValue | None = None
    region: str | None = None
    aws_iam_server_id: str | None = None
    azure_tenant_id: str | None = None
    azure_client_id: str | None = None
    azure_client_secret: secret_value.SecretValue | None = None
    azure_resource: str | None = None
    ca_cert: str | None = None
    ca_pem: str | None = None
    tls_server_name: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    validate_certs: bool = True
    timeout: float = DEFAULT_TIMEOUT
    retries: Retries = Retries()
    # A proxy's address can carry a password.
    proxies: t.Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where Vault is, for messages: every address."""
        return ", ".join((self.url, *self.other_urls))

    @property
    def socket(self) -> str | None:
        """The path of the socket that the first address is; None: it is none."""
        return self.url[len(UNIX) :] if self.url.startswith(UNIX) else None

    @property
    def is_loopback(self) -> bool:
        """Whether the first address is one of this host itself."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")

    def at_each_address(self) -> list[VaultOptions]:
        """Return what these options are for each of the addresses alone."""
        return [replace(self, url=url, other_urls=()) for url in (self.url, *self.other_urls)]
