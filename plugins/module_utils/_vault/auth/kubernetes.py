# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Method ``kubernetes``: the service account of a pod, as where AWX runs a job in one.

API: https://openbao.org/api-docs/auth/kubernetes/#login
"""

from __future__ import annotations

import typing as t
from pathlib import Path

from .base import Token, from_login_answer
from .signed_token import signed_token

if t.TYPE_CHECKING:
    from ..client import VaultClient
    from ..options import VaultOptions

REQUIRED: tuple[str, ...] = ("role",)
REMEDY = "Set it to the role that admits the service account."
# https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def check(options: VaultOptions) -> None:
    """Nothing beyond what is required."""


def login(client: VaultClient, options: VaultOptions, mount: str) -> Token:
    """Log in with the option's token, or with the one that Kubernetes keeps fresh in the pod.

    :raises InputError: there is none.
    """
    credentials = {"role": options.role, "jwt": signed_token(options, SERVICE_ACCOUNT_TOKEN)}
    return from_login_answer(client.login_request(f"auth/{mount}/login", credentials))
