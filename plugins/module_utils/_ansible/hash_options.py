# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``vault_secret_hash`` itself, and what they ask of the core."""

from __future__ import annotations

import typing as t

from .._common import errors
from .._hash import digest, previous, request
from . import source_options, text_options

if t.TYPE_CHECKING:
    from .._vault import source as vault_source

Params = t.Mapping[str, t.Any]

HASH_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "secrets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "no_log": False,  # names and paths
        "options": {
            "name": {"type": "str"},
            **source_options.SOURCE_ARGUMENTS,
            "vault_path": {"type": "str", "required": True},
        },
    },
    "algorithm": {
        "type": "str",
        "default": digest.ALGORITHMS[0],
        "choices": list(digest.ALGORITHMS),
    },
    "hash_key": {"type": "str", "no_log": True},
    "previous": {"type": "raw"},
}


def to_hash_request(params: Params) -> request.HashRequest:
    """Read what is to be hashed.

    :raises InputError: an entry names nothing, or as another one does, or ``previous`` cannot be
        read.
    """
    hash_key: str | None = params["hash_key"]
    return request.HashRequest(
        sources=_sources(params["secrets"]),
        algorithm=params["algorithm"],
        hash_key=None if hash_key is None else text_options.text_value(hash_key),
        previous=previous.read_previous(params["previous"]),
    )


def _sources(entries: t.Sequence[Params]) -> dict[str, vault_source.VaultSource]:
    found: dict[str, vault_source.VaultSource] = {}
    for number, entry in enumerate(entries, 1):
        source = source_options.to_source({**entry, "name": entry["name"] or f"entry {number}"})
        if source is None:
            raise errors.InputError(f"Entry {number} of secrets has no vault_path.", "Give it one.")
        name = entry["name"] or _default_name(source)
        if name in found:
            raise errors.InputError(
                f"Two entries of secrets are named {name}.", "Give one of them another name."
            )
        found[name] = source
    return found


def _default_name(source: vault_source.VaultSource) -> str:
    return source.path if source.field is None else f"{source.path}#{source.field}"
