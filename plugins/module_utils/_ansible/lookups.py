# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lookups do once their terms and options are read."""

from __future__ import annotations

import typing as t

from .._rotation import current
from .._vault import source as vault_source
from .._vault import stable_reads
from . import connections, source_options

if t.TYPE_CHECKING:
    from .._common import secret_value

_DEFAULTS = {
    name: argument.get("default") for name, argument in source_options.SOURCE_ARGUMENTS.items()
}


def vault_texts(paths: t.Sequence[str], params: connections.Params) -> list[str]:
    """Return the values at paths of Vault, in their order, by one login and one read each.

    :raises SwarmVaultError: one or more cannot be read.
    """
    version = params["vault_version"]
    names = [path if version is None else f"version {version} of {path}" for path in paths]
    found = {name: _source(path, params) for name, path in zip(names, paths)}
    stable_reads.check_sources(found)
    # Not by metadata: the right to read data is enough.
    versions = {name: vault_source.SourceVersion(source.version) for name, source in found.items()}
    with connections.sources(params) as reader:
        values = stable_reads.values_of(found, versions, reader)
    return [_text(values[name].value) for name in names]


def swarm_names(names: t.Sequence[str], params: connections.Params) -> list[str]:
    """Return the Swarm names of logical secrets, in their order, by one request.

    :raises SwarmVaultError: the engine cannot be asked, or one or more have none.
    """
    return current.current_names(names, connections.swarm_client(params).secrets()) if names else []


def _source(path: str, params: connections.Params) -> vault_source.VaultSource:
    source = source_options.to_source({**_DEFAULTS, **params, "name": "a term", "vault_path": path})
    if source is None:
        raise AssertionError("a term is a path")
    return source


def _text(value: secret_value.SecretValue) -> str:
    """Return a value as Ansible carries text: bytes that are not UTF-8 as surrogates."""
    return value.reveal().decode("utf-8", errors="surrogateescape")
