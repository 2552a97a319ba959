# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to Vault and its answer: data only, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from . import options

#: Says of which state of the storage an answer is: https://openbao.org/community/rfcs/index-headers/
INDEX_HEADER = "X-Vault-Index"


@dataclass(frozen=True)
class Request:
    """What to ask of Vault.

    :param method: HTTP method.
    :param path: path below ``/v1/``, unquoted.
    :param params: query.
    :param json: body. Never shown: it may hold credentials.
    :param repeatable: to send it twice does no harm.
    """

    method: str
    path: str
    params: t.Mapping[str, t.Any] | None = None
    json: t.Any = field(default=None, repr=False)
    repeatable: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Limits(t.NamedTuple):
    """How long a request may take, and how often it is tried again; None: as the options say."""

    seconds: float | None = None
    retries: options.Retries | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Answer:
    """What Vault answered.

    :param status: HTTP status.
    :param body: the JSON object; empty where there is none. Never shown: it may hold values.
    :param url: address of the Vault that answered.
    :param index: the state of Vault's storage that is in the answer, where it says so.
    :param retry_after: in how many seconds it wants to be asked again, where it says so.
    """

    status: int
    body: dict[str, t.Any] = field(repr=False)
    url: str
    index: str | None = None
    retry_after: float = 0.0
