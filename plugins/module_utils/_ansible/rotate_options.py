# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of ``swarm_secret_rotate`` itself."""

from __future__ import annotations

import typing as t

from .._rotation.request import ON_FAILURE, ON_SOURCE_ERROR, STATES, Attachment, Options
from .source_options import SOURCE_ARGUMENTS, SOURCE_REQUIRED_BY

_DEFAULTS = Options()

_SERVICE_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "target": {"type": "str"},
    "uid": {"type": "str", "default": Attachment.uid},
    "gid": {"type": "str", "default": Attachment.gid},
    "mode": {"type": "raw", "default": f"{Attachment.mode:04o}"},
}

_SECRET_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    **SOURCE_ARGUMENTS,
    "vault_renew_before": {"type": "str"},
    # Not "str": Ansible would make Python's text of a mapping, a number or a boolean.
    "data": {"type": "raw", "no_log": True},
    "data_is_b64": {"type": "bool", "default": False},
    "adopt": {"type": "list", "elements": "str", "default": []},
    "labels": {"type": "dict", "default": {}},
    "services": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": _SERVICE_ARGUMENTS,
    },
}

ROTATE_ARGUMENTS: dict[str, dict[str, t.Any]] = {
    "secrets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "no_log": False,  # names and paths; the values among its suboptions are marked
        "options": _SECRET_ARGUMENTS,
        "required_by": SOURCE_REQUIRED_BY,
    },
    "discover": {"type": "bool", "default": _DEFAULTS.discover},
    "discover_paths": {"type": "list", "elements": "str"},
    "state": {"type": "str", "default": _DEFAULTS.state, "choices": list(STATES)},
    "keep_versions": {"type": "int", "default": _DEFAULTS.keep_versions},
    "wait": {"type": "bool", "default": _DEFAULTS.wait},
    "wait_timeout": {"type": "float", "default": _DEFAULTS.wait_timeout},
    "max_parallel": {"type": "int", "default": _DEFAULTS.max_parallel},
    "on_failure": {"type": "str", "default": _DEFAULTS.on_failure, "choices": list(ON_FAILURE)},
    "on_source_error": {
        "type": "str",
        "default": _DEFAULTS.on_source_error,
        "choices": list(ON_SOURCE_ERROR),
    },
    "force": {"type": "bool", "default": _DEFAULTS.force},
    "hash_key": {"type": "str", "no_log": True},
}
