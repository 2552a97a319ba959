# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say where a value lives in Vault, and the source that they name."""

from __future__ import annotations

import json
import typing as t

from .._common import errors
from .._vault import source, source_check

Params = t.Mapping[str, t.Any]

SOURCE_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "vault_path": {"type": "str"},
    "vault_field": {"type": "str"},
    "vault_mount": {"type": "str", "default": source.DEFAULT_MOUNT},
    "vault_engine": {"type": "str", "default": source.ENGINES[0], "choices": list(source.ENGINES)},
    "vault_version": {"type": "int"},
    "vault_format": {"type": "str", "default": source.FORMATS[0], "choices": list(source.FORMATS)},
    "vault_params": {"type": "dict", "default": {}},
}

# A field or a version of no path is a slip that would otherwise go unnoticed.
SOURCE_REQUIRED_BY = {"vault_field": ["vault_path"], "vault_version": ["vault_path"]}


def to_source(entry: Params) -> source.VaultSource | None:
    """Read where a value lives; None where no path is given.

    :raises InputError: the path is empty, which a variable that was not filled in gives, or other
        options tell of a source that has none.
    """
    if entry["vault_path"] is None:
        _check_nothing_is_ignored(entry)
        return None
    path = entry["vault_path"].strip("/")
    if not path:
        raise errors.InputError(
            f"Nothing was changed: vault_path of {entry['name']} is empty.",
            "Give a path, or leave the option out.",
        )
    engine: str = entry["vault_engine"]
    return source.VaultSource(
        path=path,
        field=entry["vault_field"] or None,
        mount=source_check.mount_of(engine, entry["vault_mount"], path),
        engine=engine,
        version=entry["vault_version"],
        format=entry["vault_format"],
        params=json.dumps(entry["vault_params"], sort_keys=True) if entry["vault_params"] else "",
    )


def _check_nothing_is_ignored(entry: Params) -> None:
    for name, argument in SOURCE_ARGUMENTS.items():
        if entry[name] is not None and entry[name] != argument.get("default"):
            raise errors.InputError(
                f"Nothing was changed: {name} of {entry['name']} is given without vault_path.",
                "Give vault_path as well, or leave both to the labels in Swarm.",
            )
