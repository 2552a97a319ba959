# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds out before the first request whether the files for TLS can be used, and which cannot."""

from __future__ import annotations

import ssl
import typing as t
from pathlib import Path

from .._common.errors import InputError

if t.TYPE_CHECKING:
    from .options import VaultOptions


def check_files(options: VaultOptions) -> None:
    """Load the files that the options name, as the connections will.

    :raises InputError: one cannot be loaded.
    """
    if options.ca_cert and options.validate_certs:
        _try(
            _load_authorities,
            options,
            ("ca_cert",),
            "Name a PEM file, or a folder of them, with the authority that signed the certificate"
            " of Vault.",
        )
    if options.client_cert:
        names = ("client_cert", "client_key") if options.client_key else ("client_cert",)
        _try(
            _load_pair,
            options,
            names,
            "Name PEM files of a certificate and of the key that belongs to it, without a"
            " passphrase.",
        )


def _load_authorities(context: ssl.SSLContext, options: VaultOptions) -> None:
    file = str(options.ca_cert)
    if Path(file).is_dir():
        context.load_verify_locations(capath=file)
    else:
        context.load_verify_locations(cafile=file)


def _load_pair(context: ssl.SSLContext, options: VaultOptions) -> None:
    # Without a passphrase to try, OpenSSL would ask for one at the terminal and wait.
    context.load_cert_chain(str(options.client_cert), options.client_key, password=str)


def _try(
    load: t.Callable[[ssl.SSLContext, VaultOptions], None],
    options: VaultOptions,
    names: tuple[str, ...],
    remedy: str,
) -> None:
    files = " and ".join(f"vault_{name} {getattr(options, name)}" for name in names)
    try:
        load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), options)
    except ssl.SSLError:
        reason = "no PEM, or parts that do not belong together"
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
    else:
        return
    raise InputError(f"{files} cannot be loaded on this host: {reason}.", remedy)
