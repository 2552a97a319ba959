# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``kubernetes``: the service account of a pod, as where AWX runs a job in one.

API: https://openbao.org/api-docs/auth/kubernetes/#login
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from . import base, signed_token

if t.TYPE_CHECKING:
    from .. import options as vault_options

# https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


class Kubernetes(base.Method):
    """The token is the option's, or the one that Kubernetes keeps fresh in the pod."""

    required = ("role",)
    remedy = "Set it to the role that admits the service account."

    def log_in(
        self, client: base.LoginClient, options: vault_options.VaultOptions, mount: str
    ) -> base.Token:
        """Log in with the token of the service account.

        :raises InputError: there is none.
        """
        answer = client.auth.kubernetes.login(
            options.role,
            signed_token.signed_token(options, SERVICE_ACCOUNT_TOKEN),
            use_token=False,
            mount_point=mount,
        )
        return base.from_login_answer(answer)
