# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookups do once their terms and options are read."""

from __future__ import annotations

import typing as t

from .._rotation.current import current_names
from .._vault.source import SourceVersion, VaultSource
from .._vault.stable_reads import check_sources, values_of
from .connections import Params, sources, swarm_client
from .source_options import SOURCE_ARGUMENTS, to_source

if t.TYPE_CHECKING:
    from .._common.secret_value import SecretValue

_DEFAULTS = {name: argument.get("default") for name, argument in SOURCE_ARGUMENTS.items()}


def vault_texts(paths: t.Sequence[str], params: Params) -> list[str]:
    """Return the values at paths of Vault, in their order, by one login and one read each.

    :raises SwarmVaultError: one or more cannot be read.
    """
    version = params["vault_version"]
    names = [path if version is None else f"version {version} of {path}" for path in paths]
    found = {name: _source(path, params) for name, path in zip(names, paths)}
    check_sources(found)
    # Not by metadata: the right to read data is enough.
    versions = {name: SourceVersion(source.version) for name, source in found.items()}
    with sources(params) as reader:
        values = values_of(found, versions, reader)
    return [_text(values[name].value) for name in names]


def swarm_names(names: t.Sequence[str], params: Params) -> list[str]:
    """Return the Swarm names of logical secrets, in their order, by one request.

    :raises SwarmVaultError: the engine cannot be asked, or one or more have none.
    """
    return current_names(names, swarm_client(params).secrets()) if names else []


def _source(path: str, params: Params) -> VaultSource:
    source = to_source({**_DEFAULTS, **params, "name": "a term", "vault_path": path})
    if source is None:
        raise AssertionError("a term is a path")
    return source


def _text(value: SecretValue) -> str:
    """Return a value as Ansible carries text: bytes that are not UTF-8 as surrogates."""
    return value.reveal().decode("utf-8", errors="surrogateescape")
