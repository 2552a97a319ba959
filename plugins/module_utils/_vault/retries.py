# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a request is sent again, and where: the one table for all of them.

What takes effect at Vault is sent a second time only where the first was surely not carried out:
unwrapping, a login, a certificate, credentials made for us. Otherwise a single-use secret ID is
spent for nothing, or somebody looks for a thief who is none.
"""

from __future__ import annotations

import random
import re
import typing as t
from enum import Enum

if t.TYPE_CHECKING:
    import collections.abc as c

    from . import exchange, options

_PRECONDITION, _TOO_MANY, _FAILED, _NOT_INITIALIZED, _UNAVAILABLE = 412, 429, 500, 501, 503
#: HTTP statuses of Vault that pass by themselves: https://openbao.org/api-docs/#http-status-codes
RETRIED_STATUSES = frozenset((_PRECONDITION, _TOO_MANY, _FAILED, 502, _UNAVAILABLE, 504))
# What a standby answers while no node of its cluster is active; the status is 500.
_NO_LEADER = "active cluster node not found"
# What may be sent twice whoever asks for it; of their own reads the engines say so themselves.
_HARMLESS = re.compile(
    r"GET sys/(seal-status|internal/ui/mounts(/.*)?)"
    r"|GET auth/token/lookup-self"
    r"|POST auth/token/(renew|revoke)-self"
    r"|POST sys/(wrapping/lookup|leases/revoke)"
)


class Rule(t.NamedTuple):
    """What follows from how a try ended.

    :param undone: the request was surely not carried out.
    :param here: the same address may be asked again.
    :param elsewhere: the next address may be asked.
    :param counter: of which count of the options it is a case; None: it is never tried again.
    """

    undone: bool
    here: bool
    elsewhere: bool
    counter: str | None


class Outcome(Enum):
    """How a try ended that gave no answer to go by."""

    #: No connection could be made.
    NOT_SENT = Rule(undone=True, here=True, elsewhere=True, counter="connect")
    #: The two ends came to no agreement on TLS, this time.
    NO_TLS = Rule(undone=True, here=True, elsewhere=True, counter="other")
    #: What is there is not Vault, is not trusted, has not been set up, or sends us on to nowhere.
    UNUSABLE = Rule(undone=True, here=False, elsewhere=True, counter=None)
    #: An answer that says that this server can do nothing now.
    DECLINED = Rule(undone=True, here=True, elsewhere=True, counter="status")
    #: A limit that somebody has set: to ask the others would be to go round it.
    LIMITED = Rule(undone=True, here=True, elsewhere=False, counter="status")
    #: An answer that leaves open how far it came.
    FAILED = Rule(undone=False, here=True, elsewhere=True, counter="status")
    #: The connection broke off after the request was sent.
    LOST = Rule(undone=False, here=True, elsewhere=True, counter="read")
    #: There was no answer, and the time is over.
    UNANSWERED = Rule(undone=False, here=False, elsewhere=False, counter=None)


def is_harmless(method: str, path: str) -> bool:
    """Whether a request to Vault's own paths may be sent twice."""
    return _HARMLESS.fullmatch(f"{method} {path}") is not None


def outcome_of(status: int, errors: c.Iterable[object], retries: options.Retries) -> Outcome | None:
    """Return what an answer means for another try; None: it is one to go by.

    :param errors: what Vault says is wrong.
    """
    if status == _NOT_INITIALIZED:
        return Outcome.UNUSABLE
    if status == _TOO_MANY:
        return Outcome.LIMITED
    leaderless = status == _FAILED and any(_NO_LEADER in str(text) for text in errors)
    if leaderless or status in (_PRECONDITION, _UNAVAILABLE):
        return Outcome.DECLINED
    listed = retries.status_forcelist or ()
    return Outcome.FAILED if status in RETRIED_STATUSES or status in listed else None


def may_follow(request: exchange.Request, outcome: Outcome, retries: options.Retries) -> bool:
    """Whether the request may be sent once more at all, after a try that ended so."""
    if outcome.value.undone:
        return True
    allowed = retries.allowed_methods
    return request.repeatable and (allowed is None or request.method in allowed)


class Tries:
    """How often, and after how long a wait, one request is tried again.

    :param retries: the options; how often for each kind of failure, and in all.
    """

    def __init__(self, retries: options.Retries) -> None:
        self._retries = retries
        self._made = 0
        self._left = {
            name: count
            for name in ("total", "connect", "read", "status", "other")
            for count in [getattr(retries, name)]
            if count is not None
        }

    def next_pause(self, outcomes: c.Collection[Outcome], asked: float) -> float | None:
        """Count a further try.

        :param outcomes: how the last one ended, at each address that may be asked again.
        :param asked: how many seconds the server asks to wait.
        :returns: the seconds to wait before it; None: there is no further one.
        """
        for name in {"total", *(outcome.value.counter or "other" for outcome in outcomes)}:
            if name in self._left:
                self._left[name] -= 1
        if any(count < 0 for count in self._left.values()):
            return None
        policy = self._retries
        # The first follows at once: what broke off was often just an old connection.
        grown = policy.backoff_factor * 2**self._made if self._made else 0.0
        self._made += 1
        jitter = random.random() * policy.backoff_jitter if grown else 0.0  # noqa: S311 - no secret
        own = min(grown + jitter, policy.backoff_max)
        return max(own, asked if policy.respect_retry_after_header else 0.0)
