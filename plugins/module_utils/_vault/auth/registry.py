# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The methods of logging in: which there are, what they need, and one way to carry them out.

Only the one that is named is loaded.
"""

from __future__ import annotations

import importlib
import typing as t

from ..._common import errors
from .. import errors as vault_errors

if t.TYPE_CHECKING:
    from .. import options as vault_options

    # Ansible carries to a host what it finds imported in a file.
    from . import (  # noqa: F401 - see above
        approle,
        aws_iam,
        azure,
        base,
        cert,
        gcp,
        github,
        jwt,
        kubernetes,
        none,
        token,
        userpass,
    )

#: By name: the module of this folder, and its class.
METHODS = {
    "approle": ("approle", "AppRole"),
    "aws_iam": ("aws_iam", "AwsIam"),
    "azure": ("azure", "Azure"),
    "cert": ("cert", "Certificate"),
    "gcp": ("gcp", "Gcp"),
    "github": ("github", "GitHub"),
    "jwt": ("jwt", "Jwt"),
    "kubernetes": ("kubernetes", "Kubernetes"),
    "ldap": ("userpass", "UserPassword"),
    "none": ("none", "NoLogin"),
    "okta": ("userpass", "UserPassword"),
    "radius": ("userpass", "UserPassword"),
    "token": ("token", "GivenToken"),
    "userpass": ("userpass", "UserPassword"),
}


def check(options: vault_options.VaultOptions) -> None:
    """Make sure that everything is there that the login needs.

    :raises InputError: the method is not known, or an option of it is missing or malformed.
    """
    if options.auth_method not in METHODS:
        raise errors.InputError(
            f"vault_auth_method is {options.auth_method!r}, which is not known.",
            f"Use one of {', '.join(sorted(METHODS))}.",
        )
    method = _method(options)
    missing = [name for name in method.required if getattr(options, name) is None]
    if missing:
        names = " and ".join(f"vault_{name}" for name in missing)
        raise vault_errors.MissingSettingError(
            f"The login with vault_auth_method {options.auth_method} needs {names}.",
            method.remedy,
            option=missing[0],
        )
    method.check(options)


class Login:
    """Logs in by the method that the options name, as often as that is needed.

    :param options: as :func:`check` has let them pass.
    """

    def __init__(self, options: vault_options.VaultOptions) -> None:
        self._options = options
        self._method = _method(options)

    def __call__(self, client: base.LoginClient) -> base.Token:
        """Log in.

        :raises LoginError: Vault refuses it.
        :raises SwarmVaultError: Vault cannot be asked.
        """
        options = self._options
        name = options.auth_method
        mount = options.auth_mount or self._method.usual_mount or name
        try:
            return self._method.log_in(client, options, mount)
        except vault_errors.RefusedError as error:
            said = f": {'; '.join(error.errors)}" if error.errors else ""
            problem: Exception = vault_errors.LoginError(
                f"Vault at {options.address} refused the login with vault_auth_method {name} at"
                f" auth/{mount} ({error.status}{said}).",
                "Check the credentials, vault_auth_mount and vault_namespace, and that the role"
                " admits this host.",
            )
        except errors.SourceUnreachableError as error:
            # Without a login there is no use in asking for anything else.
            problem = vault_errors.VaultUnreachableError(error.message, error.remedy)
        raise problem


def _method(options: vault_options.VaultOptions) -> base.Method:
    module, name = METHODS[options.auth_method]
    found: type[base.Method] = getattr(importlib.import_module(f".{module}", __package__), name)
    return found()
