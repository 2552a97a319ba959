# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``token``: a token that somebody else made and looks after."""

from __future__ import annotations

import typing as t

from . import base

if t.TYPE_CHECKING:
    from .. import options as vault_options


class GivenToken(base.Method):
    """There is no login."""

    required = ("token",)
    remedy = (
        "Set it, or BAO_TOKEN or VAULT_TOKEN, or log in with the command line client as the user"
        " that runs the task, or use another vault_auth_method."
    )

    def check(self, options: vault_options.VaultOptions) -> None:
        """Make sure that the token fits into a request.

        :raises InputError: it does not.
        """
        if options.token is not None:
            base.check_printable(options.token, "vault_token")

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Return the token as it is: the first request shows whether it is any good."""
        del client, mount
        return base.Token(options.token)
