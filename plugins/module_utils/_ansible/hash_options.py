# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``vault_secret_hash`` itself."""

from __future__ import annotations

import typing as t

from .._hash.digest import ALGORITHMS
from .source_options import SOURCE_ARGUMENTS

HASH_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "secrets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "no_log": False,  # names and paths
        "options": {
            "name": {"type": "str"},
            **SOURCE_ARGUMENTS,
            "vault_path": {"type": "str", "required": True},
        },
    },
    "algorithm": {"type": "str", "default": ALGORITHMS[0], "choices": list(ALGORITHMS)},
    "hash_key": {"type": "str", "no_log": True},
    "previous": {"type": "raw"},
}
