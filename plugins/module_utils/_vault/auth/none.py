# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``none``: no token at all, for a Vault agent or proxy that adds its own.

See https://openbao.org/docs/agent-and-proxy/proxy/apiproxy/
"""

from __future__ import annotations

import typing as t

from . import base

if t.TYPE_CHECKING:
    from .. import options as vault_options


class NoLogin(base.Method):
    """Nothing is required."""

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Return the token that is none."""
        del client, options, mount
        return base.Token(value=None)
