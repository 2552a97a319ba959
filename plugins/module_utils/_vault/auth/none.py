# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``none``: no token at all, for a Vault agent or proxy that adds its own.

See https://openbao.org/docs/agent-and-proxy/proxy/apiproxy/
"""

from __future__ import annotations

import typing as t

from .base import Token

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from ..options import VaultOptions

REQUIRED: tuple[str, ...] = ()
REMEDY = ""


def check(options: VaultOptions) -> None:
    """Nothing is required."""


def login(client: VaultClient, options: VaultOptions, mount: str) -> Token:  # noqa: ARG001 - as every method
    """Return the token that is none."""
    return Token(value=None)
