# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module writes of its options into the log of the managed host, by Ansible's own doing."""

from __future__ import annotations

import typing as t

_NOT_LOGGED = "NOT_LOGGING_PARAMETER"  # as Ansible writes it


class QuietLog:
    """To be put before ``AnsibleModule``: keeps lists and mappings out of the log.

    Ansible writes them as Python does and hides the values it knows afterwards. One with a line
    break, a quote or a backslash looks different by then and would be written as it is.
    """

    params: dict[str, t.Any]

    def log(self, msg: str, log_args: t.Mapping[str, t.Any] | None = None) -> None:
        """Write a message; ``log_args`` are the options, where it tells of the invocation."""
        if log_args:
            shown = {
                name: _NOT_LOGGED if isinstance(self.params.get(name), (list, dict)) else value
                for name, value in log_args.items()
            }
            told = " ".join(f"{name}={value}" for name, value in shown.items())
            msg, log_args = f"Invoked with {told}", shown
        super().log(msg, log_args)  # type: ignore[misc]  # that of AnsibleModule
