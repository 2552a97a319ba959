# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes what TLS connections are made with before the first request, and tells what is unusable."""

from __future__ import annotations

import contextlib
import ssl
import typing as t
from pathlib import Path

from .._common import errors

with contextlib.suppress(ImportError):  # connection.py says so, with the remedy
    from urllib3.util.ssl_ import create_urllib3_context

if t.TYPE_CHECKING:
    from . import options as vault_options

_CERTIFICATE = b"-----BEGIN "
_AUTHORITY_REMEDY = (
    "Name a PEM file, or a folder of them, with the authority that signed the certificate of Vault."
)


def make_context(options: vault_options.VaultOptions, usual_authorities: str) -> ssl.SSLContext:
    """Load what the options name, in memory or in files.

    :param usual_authorities: file or folder of those to trust where the options name none.
    :raises InputError: one cannot be loaded.
    """
    # Of urllib3, whose releases differ in who compares names: OpenSSL, or they themselves.
    required = ssl.CERT_REQUIRED if options.validate_certs else ssl.CERT_NONE
    context = create_urllib3_context(cert_reqs=required)
    if options.validate_certs:
        _load_authorities(context, options, usual_authorities)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if options.client_cert:
        names = ("client_cert", "client_key") if options.client_key else ("client_cert",)
        with _refused(
            " and ".join(f"vault_{name} {getattr(options, name)}" for name in names),
            "Name PEM files of a certificate and of the key that belongs to it, without a"
            " passphrase.",
        ):
            # Without a passphrase to try, OpenSSL would ask for one at the terminal and wait.
            context.load_cert_chain(options.client_cert, options.client_key, password=str)
    return context


def _load_authorities(
    context: ssl.SSLContext, options: vault_options.VaultOptions, usual_authorities: str
) -> None:
    if options.ca_pem:
        with _refused("The environment variable CACERT_BYTES", "Give it PEM text."):
            # OpenSSL takes nothing but ASCII here, and comments may hold more.
            context.load_verify_locations(cadata=options.ca_pem.encode("ascii", "ignore").decode())
        return
    file = Path(options.ca_cert or usual_authorities)
    name = f"vault_ca_cert {file}" if options.ca_cert else f"What Python trusts, {file},"
    with _refused(name, _AUTHORITY_REMEDY):
        if file.is_dir():
            _load_folder(context, file)
        else:
            context.load_verify_locations(cafile=file)


def _load_folder(context: ssl.SSLContext, folder: Path) -> None:
    """Load each PEM file, whatever its name, as Vault's clients do; OpenSSL looks for hashes.

    What is no PEM, such as a note, is left aside. See ``LoadCAPath`` of
    https://github.com/hashicorp/go-rootcerts, which goes into folders below as well.

    :raises InputError: there is none.
    :raises OSError: one cannot be read.
    """
    found = False
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if _CERTIFICATE not in file.read_bytes():
            continue
        try:
            context.load_verify_locations(cafile=file)
        except ssl.SSLError:
            continue  # a key, or a request
        found = True
    if not found:
        raise errors.InputError(
            f"There is no PEM file with a certificate in {folder}.", _AUTHORITY_REMEDY
        )


@contextlib.contextmanager
def _refused(what: str, remedy: str) -> t.Iterator[None]:
    """Tell what cannot be loaded."""
    try:
        yield
    except ssl.SSLError:
        reason = "it is not PEM, or its parts do not belong together"
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
    else:
        return
    raise errors.InputError(f"{what} cannot be loaded on this host: {reason}.", remedy)
