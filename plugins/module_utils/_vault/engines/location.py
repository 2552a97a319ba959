# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths and mounts as users write them."""

from __future__ import annotations

import typing as t

from ..._common import errors
from .. import source as vault_source

# https://openbao.org/api-docs/secret/pki/#issuing-certificates
_ISSUING = ("issue", "sign", "sign-verbatim")
_LEAST_ISSUING_PARTS = 3


class Location(t.NamedTuple):
    """A checked place: what is shared by all sources that name it.

    :param engine: ``kv2``, ``kv1``, ``read`` or ``pki``.
    :param mount: mount without slashes at its ends; empty where the path is whole.
    :param path: path without slashes at its ends.
    :param params: what is asked for there, as JSON text.
    """

    engine: str
    mount: str
    path: str
    params: str = ""

    def __str__(self) -> str:
        return f"{self.mount}/{self.path}" if self.mount else self.path


def locate(source: vault_source.VaultSource) -> Location:
    """Return the place that a source names.

    :raises InputError: its path or mount cannot be one.
    """
    whole = source.engine in vault_source.WHOLE_PATH_ENGINES
    mount = "" if whole else _checked(source.mount, "vault_mount", source)
    path = _checked(source.path, "vault_path", source)
    if source.engine == "pki":
        _check_issuing(path)
    return Location(source.engine, mount, path, source.params)


def _check_issuing(path: str) -> None:
    """Make sure that writing to a path issues a certificate, and changes nothing else."""
    parts = path.split("/")
    if len(parts) < _LEAST_ISSUING_PARTS or parts[-2] not in _ISSUING:
        raise errors.InputError(
            f"vault_path {path!r} is not a path at which the PKI engine issues certificates.",
            "Name the mount, then issue/ or sign/ and the role, such as pki/issue/web.",
        )


def _checked(text: str, option: str, source: vault_source.VaultSource) -> str:
    parts = text.strip("/").split("/")
    if parts == [""]:
        raise errors.InputError(f"{option} is empty.", "Name where the value lives in Vault.")
    # HTTP libraries resolve dots, so that a path could leave its mount for any other request.
    if any(part in ("", ".", "..") for part in parts) or not text.isprintable():
        raise errors.InputError(
            f"{option} {text!r} of {source.location!r} is not a valid path in Vault.",
            "Write it without '.', '..', doubled slashes and control characters.",
        )
    return "/".join(parts)
