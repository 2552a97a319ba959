# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of a consumer say of the values that it was moved to: pure.

Only a task that really ran with a value and then failed rejects it, or the engine, when it gives an
update up and nothing tells another cause. Everything else is not the value's fault: no node, no
port, no image; a node that was lost; a service that was in trouble before; an update that somebody
made of something else.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._common import words
from ..._swarm import convergence

if t.TYPE_CHECKING:
    from ..._swarm import model
    from ..observe import consumers


class Finding(words.Word):
    """What a look at a consumer came to."""

    CONVERGED = "converged"
    PROGRESSING = "progressing"
    #: A task ran with the value and failed.
    REJECTED = "rejected"
    #: No task ever ran with it, and the reason is known.
    NEVER_RAN = "never ran"
    #: As good as before the run, which was less than it should be.
    DEGRADED = "degraded"
    #: The engine gave the update up, for a reason that is not the value.
    GIVEN_UP = "given up"
    #: Somebody else changed the service.
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Verdict:
    """A finding, and why in one line for people.

    :param mixed: of a degraded consumer: a task still runs what was before.
    """

    finding: Finding
    reason: str = ""
    mixed: bool = False


@dataclass(frozen=True)
class Question:
    """What is asked of a consumer's tasks.

    :param before: the consumer as it was before it was moved.
    :param template: the TaskTemplate of its tasks before it was moved: only what differs from it in
        nothing but secrets says something of these. None: not known.
    :param expected: ids of the secrets that every task is to have.
    :param given: those of them that the consumer was moved to.
    """

    before: consumers.Consumer
    template: model.RawSpec | None
    expected: frozenset[str]
    given: frozenset[str]

    @property
    def failing_places(self) -> frozenset[str]:
        """Where a task failed before the consumer was moved: what fails there again says nothing."""
        old = [task for task in self.before.tasks if not self.given & task.secret_ids]
        fine = {task.place for task in old if task.is_up or task.state == "shutdown"}
        return frozenset(task.place for task in old if task.ended_by_itself) - fine

    @property
    def was_broken(self) -> bool:
        """Whether the consumer failed to run any task before it was moved.

        It may have been moved by an earlier run, so that only what ran without it counts.
        """
        old = tuple(task for task in self.before.tasks if not self.given & task.secret_ids)
        if len(old) == len(self.before.tasks):
            return self.before.is_broken
        stopped = any(task.is_up or task.state == "shutdown" for task in old)
        return not stopped and any(task.ended_by_itself or task.never_ran for task in old)


def judge(
    question: Question,
    service: model.Service,
    tasks: t.Sequence[model.Task],
    *,
    steady: bool = True,
    late: bool = False,
) -> Verdict:
    """Return what can be said of a consumer now.

    :param tasks: all that the engine remembers of it, read before the service.
    :param steady: the same tasks have been seen running for long enough.
    :param late: it is not waited for any longer.
    """
    refers = {reference.secret_id for reference in service.references}
    # One that was rolled back *to* these secrets runs them, whatever it was rolled back from.
    returned = service.went_back and question.expected <= refers
    seen = (convergence.assess_rollback if returned else convergence.assess)(
        service, tasks, question.expected
    )
    if seen.superseded:
        return Verdict(Finding.SUPERSEDED, seen.reason)
    if seen.state == "failed":
        return _given_up(question, service, tasks, seen)
    if seen.state == "converged" and steady:
        return Verdict(Finding.CONVERGED)
    complete = late or (steady and not _is_replacing(question, service, tasks))
    found = _as_before(question, service, tasks, seen) if complete else None
    if found is not None:
        return found
    if not late:
        return Verdict(Finding.PROGRESSING, seen.reason)
    return _late(question, tasks, seen)


def came_up(question: Question, tasks: t.Iterable[model.Task]) -> int:
    """Return how many tasks run with what the consumer was moved to: a measure of progress."""
    return sum(task.is_up and question.expected <= task.secret_ids for task in tasks)


def _given_up(
    question: Question,
    service: model.Service,
    tasks: t.Sequence[model.Task],
    seen: convergence.Assessment,
) -> Verdict:
    """Tell why the engine paused an update or rolled it back."""
    if question.was_broken:
        return Verdict(Finding.GIVEN_UP, f"no task of it ran before that; {seen.reason}")
    had = [task for task in tasks if question.given & task.secret_ids]
    ended = [task for task in had if task.ended_by_itself]
    if any(_tells(question, task) for task in ended):
        return Verdict(Finding.REJECTED, _with_error(seen.reason, tasks, question))
    if ended:
        reason = f"{seen.reason}; what failed had more changed than its secrets"
        return Verdict(Finding.GIVEN_UP, reason)
    never = [task for task in had if task.never_ran]
    if never or (had and not any(task.has_run for task in had)):
        reason = f"no task could be started: {_errors(never) or seen.reason}"
        ours = any(_tells(question, task) for task in never or had)
        return Verdict(Finding.NEVER_RAN if ours else Finding.GIVEN_UP, reason)
    if had:  # a node that was drained, say, ends tasks and with them an update
        return Verdict(Finding.GIVEN_UP, f"{seen.reason}; none of its tasks failed by itself")
    template = service.raw_spec.get("TaskTemplate") or {}
    if question.template is not None and convergence.differs_only_in_secrets(
        question.template, template
    ):
        return Verdict(Finding.REJECTED, seen.reason)  # its tasks are forgotten already
    return Verdict(Finding.GIVEN_UP, seen.reason)


def _is_replacing(
    question: Question, service: model.Service, tasks: t.Sequence[model.Task]
) -> bool:
    """Tell whether the engine is still to give a place its first task of the update.

    What runs meanwhile may be as much as before only because the others have not had their turn.
    """
    if service.update_state != "updating":
        return False
    live = [task for task in tasks if task.is_live]
    tried = {task.place for task in tasks if task.error and question.expected <= task.secret_ids}
    return any(
        not question.expected <= task.secret_ids or not (task.is_up or task.place in tried)
        for task in live
    )


def _as_before(
    question: Question,
    service: model.Service,
    tasks: t.Sequence[model.Task],
    seen: convergence.Assessment,
) -> Verdict | None:
    """Tell whether a consumer is as good as it was, though not as it should be; None: it is not."""
    up = [task for task in tasks if task.is_up]
    outdated = [task for task in up if not question.expected <= task.secret_ids]
    missing = question.before.wanted - question.before.up
    places = {task.place for task in up}
    had = [task for task in tasks if question.given & task.secret_ids]
    if any(
        one.ended_by_itself and one.place not in places and _tells(question, one) for one in had
    ):
        return None  # a gap that the value itself may have made
    if (
        question.before.looked
        and not outdated
        and missing > 0
        and question.before.wanted > len(up) >= question.before.up > 0
    ):
        reason = (
            f"{missing} of its {question.before.wanted} tasks did not run before the run either: "
            f"{seen.reason}"
        )
        return Verdict(Finding.DEGRADED, reason)
    if service.update_state == "completed" and outdated and seen.state == "progressing":
        nodes = ", ".join(dict.fromkeys(task.node_id for task in outdated))
        reason = f"{seen.reason}: the engine does not replace those on node {nodes}"
        return Verdict(Finding.DEGRADED, reason, mixed=True)
    return None


def _late(
    question: Question, tasks: t.Sequence[model.Task], seen: convergence.Assessment
) -> Verdict:
    """Tell what is to be said of a consumer that did not converge in time."""
    had = [task for task in tasks if question.given & task.secret_ids]
    troubled = {task.place for task in had if task.is_live and not task.is_up}
    if seen.state == "converged":  # for the moment: they are started again and again
        troubled = {task.place for task in had}
    failed = [one for one in had if one.ended_by_itself and one.place in troubled]
    if not question.was_broken and any(_tells(question, task) for task in failed):
        reason = seen.reason or "its tasks do not keep running"
        return Verdict(Finding.REJECTED, _with_error(reason, tasks, question))
    ran = any(task.has_run for task in had)
    never = [task for task in had if task.never_ran and task.is_live and _tells(question, task)]
    if had and never and not ran:
        return Verdict(Finding.NEVER_RAN, f"no task could be started: {_errors(never)}")
    return Verdict(Finding.PROGRESSING, seen.reason)


def _tells(question: Question, task: model.Task) -> bool:
    """Tell whether the end of a task says something of the secrets it was given."""
    if question.template is None or task.place in question.failing_places:
        return False
    return convergence.differs_only_in_secrets(question.template, task.template)


def _with_error(reason: str, tasks: t.Sequence[model.Task], question: Question) -> str:
    error = convergence.last_task_error(tasks, question.given)
    return f"{reason}; last task error: {error}" if error else reason


def _errors(tasks: t.Iterable[model.Task]) -> str:
    return "; ".join(dict.fromkeys(" ".join(task.error.split()) for task in tasks))
