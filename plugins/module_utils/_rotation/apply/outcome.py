# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of one consumer: data only."""

from __future__ import annotations

import typing as t

from ..._common import words


class ServiceState(words.Word):
    """How a run left a consumer."""

    #: Every task runs the new versions.
    CONVERGED = "converged"
    #: Every task that ran before does; what is missing was missing before the run.
    DEGRADED = "degraded"
    #: The update was sent, and nobody waits for it (``wait: false``).
    UPDATING = "updating"
    #: The update goes on, slower than the run waits; nothing of it has failed.
    LATE = "late"
    #: A task that ran with it failed, and the consumer runs what it ran before.
    ROLLED_BACK = "rolled_back"
    #: No task ever ran with it, for a reason that is not the value; put back.
    UNPLACEABLE = "unplaceable"
    #: It failed, and so did the way back.
    ROLLBACK_FAILED = "rollback_failed"
    #: It failed, and was left as the engine left it.
    FAILED = "failed"
    #: Not updated: the user must act first.
    HELD = "held"
    #: Not updated, for a reason that needs no action.
    SKIPPED = "skipped"
    #: Not moved to some of its secrets, because these failed on another consumer of this run.
    BLOCKED = "blocked"
    #: Not updated yet: the turn of its wave comes in a later run.
    WAITING = "waiting"
    #: The service was removed meanwhile.
    GONE = "gone"
    #: Someone else changed the service meanwhile; a next run looks at it anew.
    SUPERSEDED = "superseded"


_S = ServiceState

#: States in which tasks may run another version than the spec tells, or than they should.
UNSETTLED = (_S.UPDATING, _S.LATE, _S.ROLLBACK_FAILED, _S.FAILED, _S.HELD, _S.SUPERSEDED)
#: The states of a consumer that was sent back, and is back if the run waited for that.
SENT_BACK = (_S.ROLLED_BACK, _S.UNPLACEABLE)
#: The states that fail the task.
FAILURES = (
    _S.ROLLED_BACK,
    _S.UNPLACEABLE,
    _S.ROLLBACK_FAILED,
    _S.FAILED,
    _S.HELD,
    _S.BLOCKED,
    _S.LATE,
)
#: The states of a canary after which the next wave may start.
GOES_ON = (_S.CONVERGED, _S.DEGRADED, _S.SKIPPED, _S.GONE)


class Outcome(t.NamedTuple):
    """What became of one consumer.

    :param secrets: logical secrets it was about.
    :param updated: whether this run sent an update for it.
    :param duration: seconds from the update to the outcome.
    :param left_out: those of these secrets that it was not moved to, or went back from, although
        it runs the others.
    :param mixed: a task may still run what was before.
    """

    service: str
    state: ServiceState
    reason: str
    secrets: tuple[str, ...]
    updated: bool
    duration: float = 0.0
    left_out: tuple[str, ...] = ()
    mixed: bool = False
