# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible writes into the log of the managed host holds no list and no mapping."""

from __future__ import annotations

import typing as t

from ansible_collections.swarmvault.secrets.plugins.module_utils._ansible.module import (
    QuietLog,
)


class Logging:
    """Stands for AnsibleModule."""

    def __init__(self, params: dict[str, t.Any]) -> None:
        self.params = params
        self.written: list[tuple[str, t.Any]] = []

    def log(self, msg: str, log_args: t.Any = None) -> None:
        self.written.append((msg, log_args))


class Module(QuietLog, Logging):
    """As a module is put together."""


def test_lists_and_mappings_are_not_written() -> None:
    module = Module({"secrets": [{"data": "a\nb"}], "proxies": {"x": "y"}, "state": "present"})
    shown = {key: str(value) for key, value in module.params.items()}
    module.log("Invoked with " + " ".join(f"{k}={v}" for k, v in shown.items()), log_args=shown)
    hidden = "NOT_LOGGING_PARAMETER"
    expected = {"secrets": hidden, "proxies": hidden, "state": "present"}
    told = f"Invoked with secrets={hidden} proxies={hidden} state=present"
    assert module.written == [(told, expected)]


def test_other_messages_pass() -> None:
    module = Module({})
    module.log("something")
    assert module.written == [("something", None)]
