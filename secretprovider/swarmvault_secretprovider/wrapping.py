# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Response wrapping: a task gets a token that gives the value once, to whoever unwraps it first.

https://openbao.org/docs/concepts/response-wrapping/
"""

from __future__ import annotations

import typing as t

from swarmvault_core._common.errors import SourceError
from swarmvault_core._common.secret_value import SecretValue
from swarmvault_core._vault.engines.diagnosis import FORBIDDEN, missing_right
from swarmvault_core._vault.errors import RefusedError

if t.TYPE_CHECKING:
    from swarmvault_core._vault.client import VaultClient

PATH = "sys/wrapping/wrap"


def wrap(client: VaultClient, payload: t.Mapping[str, t.Any], seconds: int) -> SecretValue:
    """Wrap an object, and return the token that stands for it.

    :param seconds: how long there is to unwrap it.
    :raises SourceError: Vault does not wrap it.
    """
    try:
        # Twice does no harm: nobody knows of the first.
        answer = client.repeatable.write_data(PATH, data=dict(payload), wrap_ttl=f"{seconds}s")
    except RefusedError as error:
        refusal = error
    else:
        return token_in(answer)
    if refusal.status == FORBIDDEN:
        raise missing_right("wrap a value for a task", PATH, "update")
    said = f": {'; '.join(refusal.errors)}" if refusal.errors else ""
    raise SourceError(
        f"Vault did not wrap a value for {seconds} s ({refusal.status}{said}).",
        "Check the time in the label.",
    )


def token_in(answer: t.Mapping[str, t.Any]) -> SecretValue:
    """Return the wrapping token in an answer.

    :raises SourceError: there is none.
    """
    token = (answer.get("wrap_info") or {}).get("token")
    if not isinstance(token, str) or not token:
        raise SourceError(
            "Vault answered without wrapping what it was to wrap.",
            "Check whether a proxy in front of Vault drops the header X-Vault-Wrap-TTL.",
        )
    return SecretValue(token.encode())
