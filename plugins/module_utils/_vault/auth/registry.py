# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The methods of logging in: which there are, what they need, and one way to carry them out."""

from __future__ import annotations

import typing as t

from ..._common.errors import InputError, SourceUnreachableError
from ..errors import LoginError, MissingSettingError, RefusedError, VaultUnreachableError
from . import approle, cert, jwt, kubernetes, none, token, userpass

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from ..options import VaultOptions
    from .base import Token


class Method(t.Protocol):
    """What each module of this folder that is a method offers."""

    @property
    def REQUIRED(self) -> tuple[str, ...]:  # noqa: N802  # a constant of the module
        """Options, without their prefix, that the method cannot do without."""

    @property
    def REMEDY(self) -> str:  # noqa: N802  # a constant of the module
        """What to try where one of them is missing."""

    def check(self, options: VaultOptions) -> None:
        """Check what is special about the options.

        :raises InputError: they cannot be used.
        """

    def login(self, client: VaultClient, options: VaultOptions, mount: str) -> Token:
        """Log in at the mount."""


METHODS: dict[str, Method] = {
    "approle": approle,
    "cert": cert,
    "jwt": jwt,
    "kubernetes": kubernetes,
    "ldap": userpass,
    "none": none,
    "token": token,
    "userpass": userpass,
}


def check(options: VaultOptions) -> None:
    """Make sure that everything is there that the login needs.

    :raises InputError: the method is not known, or an option of it is missing or malformed.
    """
    method = METHODS.get(options.auth_method)
    if method is None:
        raise InputError(
            f"vault_auth_method is {options.auth_method!r}, which is not known.",
            f"Use one of {', '.join(sorted(METHODS))}.",
        )
    missing = [name for name in method.REQUIRED if getattr(options, name) is None]
    if missing:
        names = " and ".join(f"vault_{name}" for name in missing)
        raise MissingSettingError(
            f"The login with vault_auth_method {options.auth_method} needs {names}.",
            method.REMEDY,
            option=missing[0],
        )
    method.check(options)


def login(client: VaultClient, options: VaultOptions) -> Token:
    """Log in by the method that the options name.

    :raises LoginError: Vault refuses it.
    :raises SwarmVaultError: Vault cannot be asked.
    """
    mount = options.auth_mount or options.auth_method
    try:
        return METHODS[options.auth_method].login(client, options, mount)
    except RefusedError as error:
        said = f": {'; '.join(error.errors)}" if error.errors else ""
        raise LoginError(
            f"Vault at {options.address} refused the login with vault_auth_method"
            f" {options.auth_method} at auth/{mount} ({error.status}{said}).",
            "Check the credentials, vault_auth_mount and vault_namespace, and that the role admits"
            " this host.",
        ) from None
    except SourceUnreachableError as error:
        # Without a login there is no use in asking for anything else.
        raise VaultUnreachableError(error.message, error.remedy) from None
