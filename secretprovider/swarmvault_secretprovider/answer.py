# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one request for a secret got."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from swarmvault_core._common.secret_value import SecretValue


@dataclass(frozen=True)
class Answer:
    """A value, and what the log tells of it.

    :param value: what the task finds in its file.
    :param do_not_reuse: whether the next task of the service on the same node asks again, rather
        than sharing this value.
    :param path: where in Vault it came from.
    :param origin: ``vault``; ``cache`` where Vault could not be reached; ``empty`` where there was
        nothing and the task is to start nevertheless.
    :param age: seconds since a cached value was read; None for one that was read just now.
    :param reason: why it does not come from Vault.
    """

    value: SecretValue
    do_not_reuse: bool
    path: str = ""
    origin: str = "vault"
    age: float | None = None
    reason: str = ""
