# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signed token that ``jwt`` and ``kubernetes`` log in with, from an option or from a file."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ..._common import errors, secret_value
from . import base

if t.TYPE_CHECKING:
    from .. import options as vault_options


def signed_token(options: vault_options.VaultOptions, usual_file: Path | None = None) -> str:
    """Return the token as it is now: who issues such tokens replaces them often.

    :param options: the option's token comes first, then the option's file.
    :param usual_file: where it is otherwise; None: nowhere.
    :raises InputError: there is none, or what is there cannot be one.
    """
    if options.jwt is not None:
        token, origin = options.jwt, "vault_jwt"
    elif options.jwt_file is not None:
        origin = f"vault_jwt_file {options.jwt_file}"
        token = _read(Path(options.jwt_file), origin, "Check that it is put there for this host.")
    elif usual_file is not None:
        origin = f"The service account's token {usual_file}"
        token = _read(
            usual_file,
            origin,
            "Run this in a pod with a service account, or set vault_jwt or vault_jwt_file.",
        )
    else:
        raise errors.InputError("There is no signed token.", "Set vault_jwt or vault_jwt_file.")
    base.check_printable(token, origin)
    return token.reveal().decode()


def _read(file: Path, origin: str, remedy: str) -> secret_value.SecretValue:
    try:
        content = file.read_bytes().strip()
    except OSError as error:
        raise errors.InputError(f"{origin} cannot be read: {error.strerror}.", remedy) from None
    if not content:
        raise errors.InputError(f"{origin} is empty.", remedy)
    return secret_value.SecretValue(content)
