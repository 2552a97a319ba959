# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say where a value lives in Vault."""

from __future__ import annotations

import typing as t

from .._vault.source import DEFAULT_MOUNT, ENGINES, FORMATS

SOURCE_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "vault_path": {"type": "str"},
    "vault_field": {"type": "str"},
    "vault_mount": {"type": "str", "default": DEFAULT_MOUNT},
    "vault_engine": {"type": "str", "default": ENGINES[0], "choices": list(ENGINES)},
    "vault_version": {"type": "int"},
    "vault_format": {"type": "str", "default": FORMATS[0], "choices": list(FORMATS)},
    "vault_params": {"type": "dict", "default": {}},
}

# A field or a version of no path is a slip that would otherwise go unnoticed.
SOURCE_REQUIRED_BY = {"vault_field": ["vault_path"], "vault_version": ["vault_path"]}
